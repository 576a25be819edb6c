/**
 * The Unicode script of a character, because no piece of SentencePiece mixes two scripts (`split_by_unicode_script`).
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

/** The script code of combining marks and joiners, which take the script of the character before. */
export const INHERITED = "Zinh";

/** Scripts that count as Han, as in SentencePiece; the long-vowel mark U+30FC counts as Han too. */
const HAN = new Set(["Hira", "Kana"]);

/** A lookup of scripts with a cache. */
export class Scripts {
  #cache = new Map<string, string>([["\u30FC", "Hani"]]);
  #tests: [code: string, test: RegExp][] = [];

  /** Returns the four-letter code of the script of `char`; "Zzzz" for a script that this runtime does not know. */
  of(char: string): string {
    const cached = this.#cache.get(char);
    if (cached !== undefined) return cached;
    if (this.#tests.length === 0) this.#tests = tests();
    const code = this.#tests.find(([, test]) => test.test(char))?.[0] ?? "Zzzz";
    const script = HAN.has(code) ? "Hani" : code;
    this.#cache.set(char, script);
    return script;
  }
}

function tests(): [string, RegExp][] {
  return CODES.split(" ").flatMap((code): [string, RegExp][] => {
    try {
      return [[code, new RegExp(`\\p{sc=${code}}`, "u")]];
    } catch {
      return []; // a script newer than the regular expressions of this runtime
    }
  });
}
