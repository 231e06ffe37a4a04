import { expect, test } from "vitest";
import { createQueue } from "./queue";

test("no more tasks than the limit run at once, and each runs in its turn", async () => {
  const run = createQueue(2);
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const all = [0, 1, 2, 3].map(
    (id) =>
      new Promise<void>((done) => {
        run(async () => {
          started.push(id);
          await new Promise<void>((resolve) => finish.push(resolve));
          done();
        });
      }),
  );
  expect(started).toEqual([0, 1]);
  finish[1]?.();
  await all[1];
  await Promise.resolve();
  expect(started).toEqual([0, 1, 2]);
  finish[0]?.();
  finish[2]?.();
  await all[0];
  await Promise.resolve();
  expect(started).toEqual([0, 1, 2, 3]);
});
