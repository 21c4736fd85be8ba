// The shapes that Python sends: iamlab/widgets/editor.py (Report), iamlab/widgets/trace_data.py (TraceData) and
// iamlab/widgets/exercise.py (Task, TaskRecord, Feedback).

export type Span = [start: number, end: number];

/** A change of the text that mends a problem; places of the text that the report is about. */
export interface Fix {
  title: string;
  edits: { span: Span; text: string }[];
}

export interface Problem {
  severity: "error" | "security_warning" | "warning" | "suggestion";
  code: string;
  message: string;
  line: number;
  column: number;
  span: Span;
  why: string;
  learn_more: string;
  fix: Fix | null;
}

export interface Verdict {
  label: string;
  request: string;
  /** null: it could not be asked, and `reason` says why. */
  allowed: boolean | null;
  reason: string;
  /** null: no outcome was wished for. */
  wished: boolean | null;
  agrees: boolean | null;
  /** The deciding statements that stand in the edited text. */
  spans: Span[];
}

export interface Report {
  /** The edit that this report is about. */
  edit: string;
  problems: Problem[];
  verdicts: Verdict[];
  /** The verdicts are those of an earlier text: the present one is not a policy that can be asked. */
  stale: boolean;
  draft: { path: string; saved: boolean; note: string } | null;
}

export interface PartData {
  element: string;
  matched: boolean | null;
  reason: string;
  span: Span | null;
  operator: string;
  key: string;
}

export interface StatementData {
  label: string;
  effect: string;
  matched: boolean;
  decided: boolean;
  /** It lists the action, so that its other elements were compared. */
  compared: boolean;
  span: Span | null;
  parts: PartData[];
}

export interface PolicyData {
  title: string;
  arn: string;
  text: string;
  /** This is the policy that stands in the editor. */
  edited: boolean;
  statements: StatementData[];
}

export interface LayerData {
  layer: string;
  title: string;
  applies: boolean;
  outcome: string;
  verdict: "allowed" | "denied" | "silent" | "absent";
  decided: boolean;
  note: string;
  policies: PolicyData[];
}

export interface TraceData {
  allowed: boolean;
  outcome: string;
  message: string;
  explanation: string;
  request: { principal: string; action: string; resource: string; context: [string, string][] };
  layers: LayerData[];
}

/** Text with its meaning, as iamlab/course/prose.py reads it: words, or a tag and what stands in it. */
export type Prose = string | ProseElement;
export interface ProseElement extends Array<Prose> {}

export interface Task {
  title: string;
  /** 1, 2 or 3. */
  level: number;
  grade: string;
  question: Prose[];
  /** To choose one of; empty for other exercises. */
  options: { key: string; text: Prose[] }[];
  /** To say allowed or denied of; empty for other exercises. */
  predictions: string[];
}

export interface TaskRecord {
  state: "open" | "tried" | "solved";
  /** How many hints were looked at, and how many there are. */
  hints: number;
  of: number;
}

export interface Feedback {
  title: string;
  tone: "good" | "warn" | "quiet" | "info";
  body: Prose[];
  path: { words: string; trace: TraceData } | null;
}
