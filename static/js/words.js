// What scripts say, in the language of the page: in French as it is written here, in another one
// by the words that the page brings.

const brought = document.getElementById("script-words");
const translated = brought ? JSON.parse(brought.textContent) : {};

export const language = document.documentElement.lang || "fr";
let rules = null; // made when first needed: on a slow phone that takes a while

/** `sentence` in the language of the page, each `{name}` in it being that of `values`. */
export function word(sentence, values = {}) {
  return filled(translated[sentence] ?? sentence, values);
}

/** `one` or `several` by `count`, which is `{count}` in them. */
export function counted(count, one, several, values = {}) {
  const [single, many] = translated[one] ?? [one, several];
  rules ??= new Intl.PluralRules(language);
  return filled(rules.select(count) === "one" ? single : many, { count, ...values });
}

function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
