/** A runner of tasks, at most `limit` at a time, in the order they came. */
export function createQueue(limit: number): (task: () => Promise<void>) => void {
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;

  function next(): void {
    const task = running < limit ? waiting.shift() : undefined;
    if (!task) return;
    running += 1;
    task().finally(() => {
      running -= 1;
      next();
    });
  }

  return (task) => {
    waiting.push(task);
    next();
  };
}
