// Bundles src/ into ../static/iamlab.js, which is committed so that nobody needs Node.js to use the widgets.
// Beside it goes iamlab.json with a hash of every source: a Python test compares it with the sources as they are,
// so that a forgotten `npm run build` is noticed on machines without Node.js too.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
const SOURCES = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src"];

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

function files(path) {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => files(join(path, entry.name)));
  } catch (error) {
    if (error.code === "ENOTDIR") return [path];
    throw error;
  }
}

/** name → hash, with line ends as in the repository so that a checkout on Windows gives the same. */
function hashes() {
  const all = SOURCES.flatMap((name) => files(join(here, name)));
  const named = all.map((path) => [
    relative(here, path).split(sep).join("/"),
    sha256(readFileSync(path, "utf8").replaceAll("\r\n", "\n")),
  ]);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The licences of what went into the bundle: the MIT licence asks that its text travels along. */
function licences(inputs) {
  const names = Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  const packages = [...new Set(names.filter(Boolean))].sort();
  const texts = packages.map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return `iamlab.js contains the following packages.\n\n${texts.join(`\n${"-".repeat(72)}\n\n`)}`;
}

const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts"],
  bundle: true,
  write: false,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  loader: { ".css": "text" },
});

mkdirSync(out, { recursive: true });
const bundle = result.outputFiles[0].contents;
writeFileSync(join(out, "iamlab.js"), bundle);
writeFileSync(join(out, "THIRD-PARTY-LICENSES.txt"), licences(result.metafile.inputs));
writeFileSync(
  join(out, "iamlab.json"),
  `${JSON.stringify({ bundle: sha256(bundle), sources: hashes() }, null, 2)}\n`,
);
console.log(`static/iamlab.js: ${(bundle.length / 1000).toFixed(0)} kB`);
