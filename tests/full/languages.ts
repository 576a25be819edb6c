/**
 * Test texts in twenty languages: one sentence each, and ten strings made of every sentence.
 *
 * The 200 strings have spaces, digits, line ends, capitals and combining marks at unusual places.
 *
 * @module
 */

/** A sentence about a llama, by language. */
export const sentences: Readonly<Record<string, string>> = {
  english: "The llama said: I carry 30 pounds of wool, and not one word more than that!",
  german: "Das Lama sagte: Ich trage fünfzig Pfund Wolle und müsste größere Säcke tragen.",
  french: "Le lama répondit : « j'ai déjà gravi 12 sommets cet été, ça suffit ! »",
  spanish: "¿Por qué canta la llama? Porque el camino de la montaña es largo, señor.",
  portuguese: "A lhama não quis descer: a estação das chuvas começou há três semanas.",
  italian: "Il lama disse che lassù c'è più vento, perciò non verrà prima di lunedì.",
  polish: "Lama powiedziała, że źdźbła trawy są świeże, więc zostanie tu jeszcze chwilę.",
  czech: "Lama řekla, že příště přinese žluťoučké květiny z úplně jiné louky.",
  turkish: "Lama dedi ki: dağın tepesinde güneş ışığı çok güçlü, öğleden sonra ineriz.",
  vietnamese: "Con lạc đà nói rằng đường lên núi rất dài, nhưng phong cảnh thật tuyệt vời.",
  russian: "Лама сказала, что в 1999 году шерсть была гораздо дороже, чем сегодня.",
  ukrainian: "Лама відповіла, що її їжа росте лише під високими ґірськими соснами.",
  greek: "Η λάμα είπε ότι ο δρόμος για το βουνό είναι μακρύς, αλλά όμορφος.",
  hebrew: "הלאמה אמרה שהדרך אל ההר ארוכה, אבל הנוף יפה מאוד.",
  arabic: "قالت اللاما إن الطريق إلى الجبل طويل، ولكن المنظر جميل جدا.",
  hindi: "लामा ने कहा कि पहाड़ का रास्ता लंबा है, लेकिन दृश्य बहुत सुंदर है।",
  thai: "ลามะบอกว่าทางขึ้นภูเขานั้นยาวไกล แต่ทิวทัศน์สวยงามมาก",
  chinese: "羊驼说：上山的路很长，但是风景非常美丽，一共走了2024步。",
  japanese: "ラマは言いました。山への道は長いですが、景色はとても美しいです。",
  korean: "라마는 산으로 가는 길은 멀지만 경치가 아주 아름답다고 말했습니다.",
};

/** Ten strings of each sentence. */
export const texts: readonly string[] = Object.values(sentences).flatMap((sentence) => {
  const words = sentence.split(" ");
  const half = Math.floor(sentence.length / 2);
  return [
    sentence,
    ` ${sentence} `,
    sentence.toUpperCase(),
    words.toReversed().join("  "),
    `${sentence.slice(0, half)}\n\n\t${sentence.slice(half)}\r\n`,
    [...sentence].reverse().join(""),
    `1,234.5 ${words.join("_")} 🦙🏔️ x²≠½`,
    sentence.normalize("NFD"),
    `def f(a):\n    return "${words[0]}" + a  # ${words.at(-1)}`,
    `   ${words.map((word) => `${word}${word}`).join("\u00a0")}`,
  ].map((text) => text.toWellFormed());
});

/** A hundred odd strings: code, emoji, numbers, spaces of all kinds, line ends, markers of special tokens, rare characters. */
export const oddTexts: readonly string[] = [
  ...[
    "a",
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\r\n",
    "\n\n",
    " \n",
    "\n ",
    "\t\t",
    " \t ",
    "\u00a0",
    "\u3000",
    "\t\t\u3000 \u3000",
    "\u2028",
  ],
  ...[
    "\u0085",
    "\ufeff",
    "\u200b",
    "\u200d",
    "\u00ad",
    "\u0000",
    "\u0001",
    "\u007f",
    "\u001b[31m",
    "\u{10ffff}",
  ],
  ...[
    "<s>",
    "</s>",
    "<unk>",
    "<|im_start|>user",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "[INST] a [/INST]",
  ],
  ...[
    "<0x0A>",
    "<0xFF>",
    "▁",
    "▁▁",
    "a▁b",
    "Ġ",
    "Ġword",
    "Ċ",
    "<s",
    "s>",
    "</",
    "<<SYS>>",
    "<s><s>",
    " <s> ",
  ],
  ...["it's", "IT'S", "it'S I'M we'Re you'LL they'd", "'s", "''", "'ſ", "’s", "don't've", "l'été d'Énée"],
  ...[
    "0",
    "12",
    "123",
    "1234",
    "1234567890",
    " 1",
    "  12 ",
    "3.14",
    "1,000,000",
    "٣٤٥٦",
    "²³¹",
    "Ⅻ ½ ௧௨",
    "x1y22z333",
  ],
  ...["🦙", "🦙🏔️🦙", "👩‍👩‍👧‍👦", "🇫🇷🇩🇪", "a🦙b", "👍🏽", "e\u0301", "\u0301", "가각", "ᄀ\u1161", "ﷺ", "𝔘𝔫𝔦", "ǅ"],
  ...[
    "if (a<=b && c!=d) { return f(x)->y; }",
    "  for i in range(10):\n\t\tprint(i)\n\n\n",
    "#include <x.h>\r\n\r\n",
  ],
  ...[
    "SELECT * FROM t WHERE a='b';",
    "a+b=c^2~d|e`f`$g",
    "{{x}} [[y]] ((z))",
    "http://ex.org/?a=1&b=%20#c",
    "a_b__c-d--e",
  ],
  ...[
    "\\n \\t \\\\",
    "…,。!?،؛",
    "!!!???...",
    "-----",
    "=====\n=====",
    "a\u00a0b\u2003c\u3000d",
    "camelCaseWordsHTTPServer",
  ],
  ...[
    "é É ß ẞ ı İ",
    "ÀÉÎÕÜ àéîõü",
    "ΑΒΓ αβγ",
    "Ёж ёж",
    "x   y    z     ",
    "\n\n\n a \n\n\n",
    "tab\tbed\ttext\t",
  ],
];
