// Where the cursor stands in the policy, as a path of element names; Python knows what can stand there.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import { ask, type Model } from "../model";

type Node = ReturnType<ReturnType<typeof syntaxTree>["resolveInner"]>;

/** Names of the properties around `node`, outermost first; places in lists don't count. */
function pathOf(node: Node, state: EditorState): string[] {
  const path: string[] = [];
  for (let at: Node | null = node.parent; at; at = at.parent) {
    const name = at.name === "Property" ? at.getChild("PropertyName") : null;
    if (name && name.from !== node.from) path.unshift(state.sliceDoc(name.from + 1, name.to - 1));
  }
  return path;
}

export function completions(model: Model) {
  return async ({ state, pos, explicit }: CompletionContext): Promise<CompletionResult | null> => {
    const node = syntaxTree(state).resolveInner(pos, -1);
    if (node.name !== "String" && node.name !== "PropertyName") return null;
    if (pos <= node.from) return null;
    const prefix = state.sliceDoc(node.from + 1, pos);
    if (!prefix && !explicit) return null;
    const closed = node.to > node.from + 1 && state.sliceDoc(node.to - 1, node.to) === '"';
    const slot = node.name === "PropertyName" ? "name" : "value";
    const body = { slot, path: pathOf(node, state), prefix };
    const answer = await ask<{ options: [label: string, detail: string][] }>(model, "complete", body, 3000);
    if (!answer?.options.length) return null;
    return {
      from: node.from + 1,
      to: closed ? node.to - 1 : pos,
      options: answer.options.map(([label, detail]): Completion => ({ label, detail })),
      // A service's name has been typed out: its actions are another question.
      validFor: prefix.includes(":") ? /^[^:"]*:[^"]*$/ : /^[^:"]*$/,
    };
  };
}
