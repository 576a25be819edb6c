/**
 * The facts about a wiki that its markup depends on: its language and the names of its namespaces.
 *
 * @module
 */

/** A wiki, as its dump describes it. */
export interface WikiSite {
  /** Language of its pages, such as `de`; decides how numbers and dates are written. */
  language: string;
  /** Names of the namespaces of files, categories and templates beside the known ones, such as `Fails`. */
  names?: Partial<Record<WikiNamespace, readonly string[]>>;
}

/** The namespaces whose links and calls are treated in a way of their own. */
export type WikiNamespace = "file" | "category" | "template" | "media";

/** Keys of the namespaces in `<siteinfo>`. */
const keys: Readonly<Record<string, WikiNamespace>> = {
  "-2": "media",
  6: "file",
  10: "template",
  14: "category",
};

/** Names and aliases in English and in the paper's 20 languages, lower case. A dump does not list the aliases. */
const known: Readonly<Record<WikiNamespace, readonly string[]>> = {
  file:
    ("file image datei bild fichier archivo imagen imatge fitxer soubor fil billede kép fájl immagine afbeelding " +
      "bestand plik grafika ficheiro imagem arquivo fișier fişier imagine datoteka slika zvok файл изображение картинка " +
      "датотека слика зображення").split(" "),
  category:
    ("category kategorie catégorie categoría categoria kategori kategória kategorija kategoria categorie " +
      "категория категорија категорія").split(" "),
  template: ("template vorlage modèle plantilla šablona skabelon sablon sjabloon szablon predefinição " +
    "format predloga mall шаблон").split(" "),
  media: "media medium medija mediji médium média mèdia medio медия медиа медија медиј медіа".split(" "),
};

/** The namespaces of a wiki by name. */
export type NamespaceTable = ReadonlyMap<string, WikiNamespace>;

/** Returns the namespaces of `site` by name, lower case with spaces. */
export function namespacesOf({ names = {} }: WikiSite): NamespaceTable {
  const table = new Map<string, WikiNamespace>();
  for (const kind of ["template", "media", "category", "file"] as const) {
    for (const name of [...known[kind], ...names[kind] ?? []]) table.set(namespaceName(name), kind);
  }
  return table;
}

/** Returns the name of a namespace as it is compared: lower case, underscores as spaces. */
export function namespaceName(name: string): string {
  return name.replaceAll("_", " ").trim().toLowerCase();
}

/** Reads language and namespaces in the first characters of a dump, up to the first page. */
export function siteOfHead(
  head: string,
): { language?: string; names: Partial<Record<WikiNamespace, string[]>> } {
  const language = /<mediawiki[^<>]{0,2000}\sxml:lang="([\w-]+)"/.exec(head)?.[1];
  const names: Partial<Record<WikiNamespace, string[]>> = {};
  const info = head.slice(0, head.search(/<\/siteinfo>|<page[\s>]/) >>> 0);
  for (
    const [, key, name] of info.matchAll(
      /<namespace[^<>]{0,200}\skey="(-?\d+)"[^<>]{0,200}>([^<]{1,200})<\/namespace>/g,
    )
  ) {
    const kind = keys[key];
    if (kind) (names[kind] ??= []).push(name.replaceAll("&#039;", "'").replaceAll("&amp;", "&"));
  }
  return { language, names };
}

/** Templates that mark a page as a list of meanings, in English and in the paper's other languages, lower case. */
const disambiguations = new RegExp(
  "\\{\\{\\s*(?:" +
    "disambig(?:uation)?(?: page| cleanup)?|dab|hndis|geodis|begriffsklärung|bkl|homonymie|desambiguación|desambiguació|" +
    "disambigua|dp|doorverwijspagina|ujednoznacznienie|desambiguação|desambig|dezambiguizare|gren|förgrening|" +
    "неоднозначность|багатозначність|rozcestník|flertydig|egyért(?:2|-redir)?|пояснение|razdvojba|razločitev|" +
    "вишезначна одредница" +
    ")\\s*(?:\\||\\}\\})|__DISAMBIG__",
  "i",
);

/** Returns true for a page that lists the meanings of its title, by its template or `__DISAMBIG__`. */
export function isDisambiguation(text: string): boolean {
  return disambiguations.test(text);
}
