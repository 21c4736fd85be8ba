// The card of an exercise: the task, what can be picked, four buttons, and a place where their answers appear.
// Everything is a native control, so Tab, Space, Enter and the arrow keys do what they do everywhere.

import { type Child, fill, freshId, h, written } from "./dom";
import { ask, type Cleanup, type Model } from "./model";
import { TraceView } from "./trace/view";
import type { Feedback, Task, TaskRecord } from "./types";

type Picked = string | Record<string, boolean> | null;

const STATES: Record<TaskRecord["state"], [mark: string, words: string]> = {
  open: ["○", "not tried yet"],
  tried: ["…", "tried"],
  solved: ["✔", "solved"],
};
const NO_ANSWER =
  "No answer came. If a cell is running, wait for it and try again. After a restart of the kernel, run the notebook " +
  "from the top, this cell too.";

export function renderExercise(model: Model, root: HTMLElement, cleanup: Cleanup): void {
  root.classList.add("iamlab-exercise");
  const task = model.get("_task") as Task;
  const title = h("span.iamlab-title", { id: freshId(), role: "heading", "aria-level": 4 }, task.title);
  root.setAttribute("role", "group");
  root.setAttribute("aria-labelledby", title.id);

  const stars = "★".repeat(task.level) + "☆".repeat(3 - task.level);
  const state = h("span.iamlab-state");
  const answer = h("div.iamlab-answer", { role: "status", "aria-live": "polite" });

  // ── the buttons ──
  let busy = false;
  let sure = false; // the solution is shown at the second press
  const press = async (kind: string, body: object = {}) => {
    if (busy) return;
    disarm();
    busy = true;
    root.setAttribute("aria-busy", "true");
    const done = await ask(model, kind, body);
    busy = false;
    root.removeAttribute("aria-busy");
    if (done === null) {
      show({ title: "No answer", tone: "info", body: [["p", NO_ANSWER]], path: null });
    }
  };
  const button = (what: string, words: string, press: () => void) => {
    const element = h(`button.iamlab-button${what}` as "button.x", { type: "button" }, words);
    element.addEventListener("click", () => {
      element.focus(); // JupyterLab takes the focus into the notebook, where `dd` deletes a cell
      press();
    });
    return element;
  };
  const check = button(".iamlab-main", "Check", () => void press("check", { answer: model.get("_answer") ?? null }));
  const hint = button("", "Hint", () => void press("hint"));
  const reset = button("", "Reset", () => void press("reset"));
  const solution = button("", "Solution", () => {
    if (sure) return void press("solution");
    sure = true;
    solution.textContent = "Show the solution?";
    solution.classList.add("iamlab-sure");
    say("Press again to see the solution.");
  });
  const disarm = () => {
    if (!sure) return;
    sure = false;
    solution.textContent = "Solution";
    solution.classList.remove("iamlab-sure");
    say("");
  };
  const aside = h("span.iamlab-note", { role: "status", "aria-live": "polite" });
  const say = (words: string) => fill(aside, words);
  solution.addEventListener("blur", disarm);
  solution.addEventListener("keydown", (event) => {
    if (event.key === "Escape") disarm();
  });

  // ── what Python says ──
  const show = (feedback: Feedback | null) => {
    answer.hidden = feedback === null;
    if (feedback === null) return void fill(answer);
    answer.dataset.tone = feedback.tone;
    const children: Child[] = [h("p.iamlab-answer-title", {}, feedback.title), ...written(feedback.body)];
    if (feedback.path) {
      const trace = new TraceView();
      trace.show(feedback.path.trace);
      children.push(h("details.iamlab-path", {}, h("summary", {}, feedback.path.words), trace.element));
    }
    fill(answer, ...children);
  };
  const record = () => {
    const { state: name, hints, of } = model.get("_record") as TaskRecord;
    const [mark, words] = STATES[name];
    state.dataset.state = name;
    fill(state, h("span", { "aria-hidden": "true" }, `${mark} `), words);
    hint.textContent = hints ? `Hint (${hints} of ${of} seen)` : "Hint";
  };
  const picks = inputs(task, model, cleanup);

  fill(
    root,
    h(
      "div.iamlab-head",
      {},
      title,
      h("span.iamlab-stars", { role: "img", "aria-label": task.grade, title: task.grade }, stars),
      state,
    ),
    h("div.iamlab-task", {}, ...written(task.question), picks),
    h("div.iamlab-buttons", {}, check, hint, solution, reset, aside),
    answer,
  );
  cleanup.on(model, "change:_record", record);
  cleanup.on(model, "change:_feedback", () => show(model.get("_feedback") as Feedback | null));
  record();
  show(model.get("_feedback") as Feedback | null);
}

/** The options of a choice, or allowed and denied for each prediction; nothing where the answer is code. */
function inputs(task: Task, model: Model, cleanup: Cleanup): HTMLElement | null {
  const radios: { input: HTMLInputElement; picked: (answer: Picked) => boolean }[] = [];
  const radio = (name: string, picked: (answer: Picked) => boolean, pick: (answer: Picked) => Picked) => {
    const input = h("input", { type: "radio", name, id: freshId() });
    input.addEventListener("change", () => {
      if (!input.checked) return;
      model.set("_answer", pick(model.get("_answer") as Picked));
      model.save_changes();
    });
    radios.push({ input, picked });
    return input;
  };
  const follow = () => {
    const answer = (model.get("_answer") ?? null) as Picked;
    for (const { input, picked } of radios) input.checked = picked(answer);
  };
  const labelled = (input: HTMLInputElement, ...words: Child[]) =>
    h("label.iamlab-option", { for: input.id }, input, h("span", {}, ...words));

  let element: HTMLElement | null = null;
  if (task.options.length) {
    const name = freshId();
    const options = task.options.map(({ key, text }) =>
      labelled(radio(name, (answer) => answer === key, () => key), h("b", {}, `${key}  `), ...written(text)),
    );
    element = h("fieldset.iamlab-options", {}, h("legend.iamlab-sr", {}, "Your choice"), ...options);
  } else if (task.predictions.length) {
    const says = (answer: Picked, label: string) =>
      answer !== null && typeof answer === "object" ? answer[label] : undefined;
    const rows = task.predictions.map((label) => {
      const name = freshId();
      const either = [true, false].map((allowed) =>
        labelled(
          radio(
            name,
            (answer) => says(answer, label) === allowed,
            (answer) => ({ ...(answer as Record<string, boolean> | null), [label]: allowed }),
          ),
          allowed ? "allowed" : "denied",
        ),
      );
      return h("fieldset.iamlab-prediction", {}, h("legend", {}, label), h("div.iamlab-either", {}, ...either));
    });
    element = h("div.iamlab-options", {}, ...rows);
  }
  cleanup.on(model, "change:_answer", follow);
  follow();
  return element;
}
