// The bundle's face: the loader (iamlab/widgets/loader.js) calls `render` with the name of the view.

import { adoptStyle } from "./dom";
import { renderDecision } from "./decision";
import { renderEditor } from "./editor/view";
import { renderExercise } from "./exercise";
import { Cleanup, type Model } from "./model";
import css from "./style.css";

const VIEWS: Record<string, (model: Model, root: HTMLElement, cleanup: Cleanup) => void> = {
  decision: renderDecision,
  editor: renderEditor,
  exercise: renderExercise,
};

export function render(view: string, { model, el }: { model: Model; el: HTMLElement }): () => void {
  const cleanup = new Cleanup();
  const root = document.createElement("div");
  root.className = "iamlab-root";
  // JupyterLab leaves the keys alone that are pressed inside: `dd` deletes no cell while one edits a policy.
  // The attribute holds for what it stands on and above; a button in it has the focus itself, and its keys stay here.
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
  root.tabIndex = -1;
  el.replaceChildren(root);
  adoptStyle(el, css);
  VIEWS[view]!(model, root, cleanup);
  return () => cleanup.run();
}
