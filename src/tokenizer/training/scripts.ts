/**
 * The writing system of a character: SentencePiece's pieces never mix two (`split_by_unicode_script`).
 *
 * @module
 */

/** Script codes of Unicode 17 (UAX #24). */
const CODES =
  "Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm Cans Cari " +
  "Cham Cher Chrs Copt Cpmn Cprt Cyrl Deva Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Gara Geor Glag Gong Gonm " +
  "Goth Gran Grek Gujr Gukh Guru Hang Hani Hano Hatr Hebr Hira Hluw Hmng Hmnp Hung Ital Java Kali Kana Kawi " +
  "Khar Khmr Khoj Kits Knda Krai Kthi Lana Laoo Latn Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani " +
  "Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck " +
  "Onao Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phnx Plrd Prti Rjng Rohg Runr Samr Sarb Saur " +
  "Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Tagb Takr Tale Talu Taml Tang Tavt " +
  "Telu Tfng Tglg Thaa Thai Tibt Tirh Tnsa Todr Toto Tutg Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb " +
  "Zinh Zyyy";

/** The script of combining marks and joiners: that of the character before. */
export const INHERITED = "Zinh";

/** Katakana and Hiragana count as Han, and so does the long-vowel mark U+30FC, as in SentencePiece. */
const HAN = new Set(["Hira", "Kana"]);

/** Tells the script of characters; remembers what it has seen. */
export class Scripts {
  #known = new Map<string, string>([["\u30FC", "Hani"]]);
  #tests: [code: string, test: RegExp][] = [];

  /** The four-letter code of the script of `char`; one that this V8 does not know is "Zzzz". */
  of(char: string): string {
    const known = this.#known.get(char);
    if (known !== undefined) return known;
    if (this.#tests.length === 0) this.#tests = tests();
    const code = this.#tests.find(([, test]) => test.test(char))?.[0] ?? "Zzzz";
    const script = HAN.has(code) ? "Hani" : code;
    this.#known.set(char, script);
    return script;
  }
}

function tests(): [string, RegExp][] {
  return CODES.split(" ").flatMap((code): [string, RegExp][] => {
    try {
      return [[code, new RegExp(`\\p{sc=${code}}`, "u")]];
    } catch {
      return []; // newer than the regular expressions of this V8
    }
  });
}
