// The policy editor: the text, what is wrong with it, and what it now answers to each question. Python checks the
// text and decides; this view sends the text a moment after the last key and shows the report that comes back.

import { verdictBanner } from "../decision";
import { fill, h, homeOf, prose } from "../dom";
import { ask, type Cleanup, editName, type Model } from "../model";
import { TraceView } from "../trace/view";
import type { Report, TraceData } from "../types";
import { TextEditor } from "./codemirror";
import { completions } from "./completion";
import { problemList } from "./problems";
import { VerdictList } from "./verdicts";

/** How long the keys rest before Python is asked, and how long its answer may take before we say so. */
const PAUSE = 200;
const PATIENCE = 3000;

export function renderEditor(model: Model, root: HTMLElement, cleanup: Cleanup): void {
  root.classList.add("iamlab-editor");
  root.style.setProperty("--iamlab-editor-height", String(model.get("_height") ?? "32em"));
  const report = () => model.get("_report") as Report;
  const status = h("span.iamlab-status", { role: "status" });
  const detail = h("div.iamlab-detail", { hidden: true });
  const surface = h("div.iamlab-surface");

  let typing: number | undefined;
  let waiting: number | undefined;

  const send = () => {
    const pending = typing !== undefined;
    clearTimeout(typing);
    typing = undefined;
    if (editor.text === model.get("text")) {
      if (pending) show(); // typed and taken back: the report at hand is about this very text
      return;
    }
    // The name first: as soon as the text is the new one, the report at hand is seen to be about another.
    model.set("_edit", editName());
    model.set("text", editor.text);
    model.save_changes();
    waitForReport();
  };
  const waitForReport = () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      if (!isFresh()) say("Python has not answered yet: its kernel is busy or stopped. After a restart, run the cell again.", "warning");
    }, PATIENCE);
  };
  const isFresh = () => report().edit === model.get("_edit") && editor.text === model.get("text");

  const say = (text: string, tone: "plain" | "good" | "warning" = "plain") => {
    status.textContent = text;
    status.dataset.tone = tone;
  };

  const editor = new TextEditor(surface, {
    text: String(model.get("text")),
    home: homeOf(root),
    frame: root,
    label: `${model.get("_title")}: policy text. Escape leaves the editor.`,
    edited: () => {
      root.dataset.fresh = "false";
      clearTimeout(typing);
      typing = window.setTimeout(send, PAUSE);
    },
    save: () => (model.get("_apply_label") ? void apply() : send()),
    leave: () => root.focus(),
    complete: completions(model),
  });

  const problems = problemList({
    goTo: (offset) => editor.goTo(offset),
    // The list is of the text that the last report was about.
    mend: (problem) => problem.fix && isFresh() && editor.mend(problem.fix, editor.text),
  });
  const verdicts = new VerdictList({ choose: (index) => void explain(index, true) });
  const trace = new TraceView({
    // Places of an earlier text would point at the wrong lines of this one.
    point: (span) => isFresh() && !report().stale && editor.light(span ? [span] : []),
  });

  /** Show why the chosen question got its answer, and where in the text that is decided. */
  const explain = async (index: number | null, scroll = false) => {
    const verdict = index === null ? undefined : report().verdicts[index];
    const stale = report().stale;
    detail.hidden = !verdict;
    detail.dataset.stale = String(stale);
    editor.light(verdict && !stale ? verdict.spans : [], scroll);
    if (!verdict) return;
    const edit = report().edit;
    const data = await ask<TraceData>(model, "explain", { index });
    if (verdicts.chosen !== index || report().edit !== edit) return;
    if (!data) {
      fill(detail, h("p.iamlab-note", {}, verdict.reason));
      return;
    }
    trace.show(data);
    fill(
      detail,
      h("h3.iamlab-detail-title", {}, verdict.label),
      verdictBanner(data),
      h("p.iamlab-explanation", {}, ...prose(data.explanation)),
      trace.element,
    );
    editor.light(stale ? [] : verdict.spans);
  };

  const apply = async () => {
    send();
    say("Applying …");
    const answer = await ask<{ ok: boolean; message: string }>(model, "apply", {}, 60_000);
    if (!answer) say("Python has not answered: its kernel is busy or stopped. After a restart, run the cell again.", "warning");
    else say(answer.message, answer.ok ? "good" : "warning");
  };

  const startOver = async () => {
    send();
    const answer = await ask<{ text: string }>(model, "original");
    if (!answer) return say("Python has not answered: its kernel is busy or stopped. After a restart, run the cell again.", "warning");
    if (answer.text === editor.text) return say("This is the text you started from.");
    editor.setText(answer.text, false);
    send();
    say("Back to the first text; undo brings yours back.");
    editor.view.focus();
  };

  const show = () => {
    const now = report();
    if (!isFresh()) return;
    clearTimeout(waiting);
    root.dataset.fresh = "true";
    editor.setProblems(now.problems);
    problems.show(now.problems);
    verdicts.show(now);
    side.hidden = !now.verdicts.length;
    if (now.draft) say(now.draft.note, now.draft.saved ? "plain" : "warning");
    else if (status.dataset.tone === "warning") say("");
    void explain(verdicts.chosen);
  };

  const applyLabel = String(model.get("_apply_label") ?? "");
  const side = h("div.iamlab-side", {}, verdicts.element);
  root.append(
    h(
      "div.iamlab-head",
      {},
      h("span.iamlab-title", {}, String(model.get("_title"))),
      h("span.iamlab-kind", {}, String(model.get("_kind_words"))),
      status,
      h("button.iamlab-button", { type: "button", onclick: () => void startOver() }, "Start over"),
      applyLabel && h("button.iamlab-button.iamlab-main", { type: "button", onclick: () => void apply() }, applyLabel),
    ),
    h("div.iamlab-columns", {}, h("div.iamlab-writing", {}, surface, problems.element), side),
    detail,
  );

  cleanup.on(model, "change:text", () => {
    // What Python or another view of this editor set; but never over what is being typed here.
    if (typing === undefined) editor.setText(String(model.get("text")));
    show();
  });
  cleanup.on(model, "change:_edit", () => show());
  cleanup.on(model, "change:_report", () => show());
  // Nothing typed is lost when the page or the output goes away between two keys.
  const flush = () => send();
  root.addEventListener("focusout", flush);
  window.addEventListener("pagehide", flush);
  cleanup.add(() => {
    send();
    window.removeEventListener("pagehide", flush);
    clearTimeout(waiting);
    editor.view.destroy();
  });
  show();
}
