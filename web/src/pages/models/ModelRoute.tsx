import { useParams } from "wouter";
import { postIdIn } from "../../posts/addresses";
import { ModelPage } from "./ModelPage";

/** The page of the version whose name stands in the address. */
export function ModelRoute() {
  const part = useParams<{ version: string }>().version;
  const version = postIdIn(part) ?? part;
  return <ModelPage key={version} version={version} />;
}
