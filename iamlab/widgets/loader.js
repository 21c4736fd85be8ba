// anywidget sends its module anew with every widget, and the editor's is large: six editors on a page would cost
// six copies. This loader is the module instead. The first widget of a page asks Python for the bundle, all share
// it, and it is kept under its hash, so that an upgrade in a running page loads the new one.
const HASH = "__HASH__";
const VIEW = "__VIEW__";
const PATIENCE = 15000;

function shared() {
  const bundles = (globalThis.__iamlab_bundles ??= {});
  if (!bundles[HASH]) {
    const bundle = (bundles[HASH] = { asked: 0, arrived: false });
    bundle.module = new Promise((resolve, reject) => {
      bundle.arrive = (text) => {
        if (bundle.arrived) return;
        bundle.arrived = true;
        const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
        import(url)
          .then(resolve, (error) => {
            delete bundles[HASH];
            reject(error);
          })
          .finally(() => URL.revokeObjectURL(url));
      };
    });
  }
  return bundles[HASH];
}

async function load(model) {
  const bundle = shared();
  const hear = (content, buffers) => {
    if (content?.bundle === HASH) bundle.arrive(buffers[0]);
  };
  // Whoever asked may be gone before the answer comes (its output cleared, the kernel restarted): then another
  // waiting widget asks, but never more than one at a time.
  const question = () => {
    if (bundle.arrived || Date.now() - bundle.asked < PATIENCE) return;
    bundle.asked = Date.now();
    model.send({ kind: "bundle" });
  };
  model.on("msg:custom", hear);
  question();
  const again = setInterval(question, 1000);
  try {
    return await bundle.module;
  } finally {
    clearInterval(again);
    model.off("msg:custom", hear);
  }
}

export default {
  async render({ model, el }) {
    const waiting = document.createElement("pre");
    waiting.textContent = model.get("_plain");
    el.append(waiting);
    const bundle = await load(model);
    return bundle.render(VIEW, { model, el });
  },
};
