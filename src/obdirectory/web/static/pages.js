// Comfort only. Every page works without this file.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const kept = localStorage.getItem("theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  } catch {}

  const say = (text) => {
    const said = document.getElementById("said");
    if (said) said.textContent = text;
  };

  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-theme-toggle]")) {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try {
        localStorage.setItem("theme", root.dataset.theme);
      } catch {}
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      await navigator.clipboard?.writeText(document.getElementById(copy.dataset.copy).textContent.trim());
      say("Copied");
    }
    const unfold = event.target.closest("[data-unfold]");
    if (unfold) {
      const all = [...document.querySelectorAll(".tree details")];
      const open = all.some((one) => !one.open);
      for (const one of all) one.open = open;
      unfold.textContent = open ? "Close all" : "Open all";
    }
  });

  for (const kind of ["dragover", "dragleave", "drop"])
    document.addEventListener(kind, (event) => event.target.closest?.(".drop")?.toggleAttribute("data-over", kind === "dragover"));

  // A chosen file replaces what was pasted, and its name is shown.
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-file]") || !event.target.files.length) return;
    const file = event.target.files[0];
    const shown = event.target.closest("form").querySelector("[data-file-name]");
    const name = document.createElement("b");
    name.textContent = file.name;
    const size = document.createElement("span");
    size.className = "micro";
    size.textContent = `${file.size.toLocaleString("en")} bytes, not sent yet`;
    shown.replaceChildren(name, document.createElement("br"), size);
    const pasted = document.getElementById("pem");
    if (pasted) pasted.value = "";
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "pem" || !event.target.value) return;
    const file = event.target.closest("form").querySelector("[data-file]");
    if (file) file.value = "";
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.target.closest("input, textarea, select")) {
      const box = document.querySelector("[data-search]");
      if (box) {
        event.preventDefault();
        box.focus();
      }
    }
  });

  // Search while typing: the same page is fetched and its hits are taken over; the address follows.
  let waiting, asked;
  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("[data-typing]");
    if (!box) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asked?.abort();
      asked = new AbortController();
      const address = new URL(box.form.action);
      if (box.value.trim()) address.searchParams.set("q", box.value.trim());
      try {
        const answer = await fetch(address, { signal: asked.signal, headers: { accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.getElementById(box.dataset.typing).replaceChildren(...page.getElementById(box.dataset.typing).children);
        history.replaceState(null, "", address);
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    }, 150);
  });
})();
