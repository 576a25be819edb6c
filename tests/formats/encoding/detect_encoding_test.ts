import assert from "node:assert/strict";
import { encodingDetector } from "../../../src/formats/encoding/detect_encoding.ts";

const detect = await encodingDetector();

/** Texts as Python's codecs encode them: language and codec, bytes in base64, the text. */
const samples: readonly (readonly [string, string, string])[] = [
  [
    "ru cp1251",
    "wvHlIOv+5Ogg8O7m5OD+8vH/IPHi7uHu5O377Ogg6CDw4OLt++zoIOIg8eLu5ewg5O7x8u7o7fHy4uUg6CDv8ODi4PUuIM7t6CDt4OTl6+Xt+yDw4Ofz7O7sIOgg8e7i5fHy/P4g6CDk7uvm7fsg7+7x8vPv4PL8IOIg7vLt7vjl7ejoIOTw8+Mg5PDz4+Ag4iDk8/XlIOHw4PLx8uLgLiDX4Okg8ODx8rjyIO3gIPXu6+zg9SD+4+AsIOgg6uDm5O7lIPPy8O4g6/7k6CDx7uHo8OD+8iDr6PHy/P8u",
    "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства. Чай растёт на холмах юга, и каждое утро люди собирают листья.",
  ],
  [
    "ru koi8-r",
    "99PFIMzAxMkg0s/WxMHA1NPRINPXz8LPxM7ZzckgySDSwdfO2c3JINcg09fPxc0gxM/T1M/JztPU18UgySDQ0sHXwcguIO/OySDOwcTFzMXO2SDSwdrVzc/NIMkg08/XxdPU2MAgySDEz8zWztkg0M/T1NXQwdTYINcgz9TOz9vFzsnJIMTS1ccgxNLVx8Eg1yDE1cjFIMLSwdTT1NfBLiD+wcog0sHT1KPUIM7BIMjPzM3ByCDAx8EsIMkgy8HWxM/FINXU0s8gzMDEySDTz8LJ0sHA1CDMydPU2NEu",
    "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства. Чай растёт на холмах юга, и каждое утро люди собирают листья.",
  ],
  [
    "de cp1252",
    "QWxsZSBNZW5zY2hlbiBzaW5kIGZyZWkgdW5kIGdsZWljaCBhbiBX/HJkZSB1bmQgUmVjaHRlbiBnZWJvcmVuLiBTaWUgc2luZCBtaXQgVmVybnVuZnQgdW5kIEdld2lzc2VuIGJlZ2FidCB1bmQgc29sbGVuIGVpbmFuZGVyIGltIEdlaXN0IGRlciBCcvxkZXJsaWNoa2VpdCBiZWdlZ25lbi4gRGllIFN0cmHfZSBm/GhydCD8YmVyIGRpZSBCcvxja2UgliCEc2No9m6TLCBzYWd0ZSBlciBm/HIgc3DkdGVyLg==",
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen. Die Straße führt über die Brücke – „schön“, sagte er für später.",
  ],
  [
    "fr cp1252",
    "VG91cyBsZXMg6nRyZXMgaHVtYWlucyBuYWlzc2VudCBsaWJyZXMgZXQg6WdhdXggZW4gZGlnbml06SBldCBlbiBkcm9pdHMuIElscyBzb250IGRvdelzIGRlIHJhaXNvbiBldCBkZSBjb25zY2llbmNlIGV0IGRvaXZlbnQgYWdpciBsZXMgdW5zIGVudmVycyBsZXMgYXV0cmVzIGRhbnMgdW4gZXNwcml0IGRlIGZyYXRlcm5pdOkuIEyS6XTpIGRlcm5pZXIsIGxlIGdhcudvbiBlc3QgYWxs6SDgIGyS6WNvbGUgb/kgc2EgbehyZSB0cmF2YWlsbGFpdC4=",
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité. L’été dernier, le garçon est allé à l’école où sa mère travaillait.",
  ],
  [
    "pl iso8859-2",
    "V3N6eXNjeSBsdWR6aWUgcm9kerEgc2nqIHdvbG5pIGkgcvN3bmkgcG9kIHd6Z2zqZGVtIHN3ZWogZ29kbm+2Y2kgaSBzd3ljaCBwcmF3LiBTsSBvbmkgb2JkYXJ6ZW5pIHJvenVtZW0gaSBzdW1pZW5pZW0gaSBwb3dpbm5pIHBvc3TqcG93YeYgd29iZWMgaW5ueWNoIHcgZHVjaHUgYnJhdGVyc3R3YS4gWmG/87PmIGfqtmyxIGphvPEu",
    "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa. Zażółć gęślą jaźń.",
  ],
  [
    "cs cp1250",
    "VpppY2huaSBsaWTpIHJvZO0gc2Ugc3ZvYm9kbu0gYSBzb2LsIHJvdm7tIGNvIGRvIGT5c3Rvam5vc3RpIGEgcHLhdi4gSnNvdSBuYWThbmkgcm96dW1lbSBhIHN27GRvbe1tIGEgbWFq7SBzcG9sdSBqZWRuYXQgdiBkdWNodSBicmF0cnN0du0uIFD47WxpmiCebHWdb3Xoa/0ga/nyIPpw7Gwg7+FiZWxza+kg82R5Lg==",
    "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím a mají spolu jednat v duchu bratrství. Příliš žluťoučký kůň úpěl ďábelské ódy.",
  ],
  [
    "el cp1253",
    "vOvv6SDv6SDc7ejx+fDv6SDj5e3t6e/97fTh6SDl6+X96OXx7+kg6uHpIN/z7+kg8/Tn7SDh7unv8PHd8OXp4SDq4ekg9OEg5Onq4en+7OH04S4gxd/t4ekg8PHv6erp8+zd7e/pIOzlIOvv4+nq3iDq4ekg8/Xt5d/k5/PnLCDq4ekg7/bl3+vv9e0g7eEg8/Xs8OXx6fbd8e/t9OHpIOzl9OHu/SD07/XyIOzlIPDt5f3s4SDh5OXr9u/z/e3n8i4=",
    "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.",
  ],
  [
    "tr cp1254",
    "Qvx0/G4gaW5zYW5sYXIgaPxyLCBoYXlzaXlldCB2ZSBoYWtsYXIgYmFr/W39bmRhbiBl/ml0IGRv8GFybGFyLiBBa/1sIHZlIHZpY2RhbmEgc2FoaXB0aXJsZXIgdmUgYmlyYmlybGVyaW5lIGthcv79IGthcmRl/mxpayB6aWhuaXlldGkgaWxlIGhhcmVrZXQgZXRtZWxpZGlybGVyLiDdc3RhbmJ1bJJkYSBh8GHnbGFyIHll/mlsLCDnaedla2xlciBn/HplbC4=",
    "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler. İstanbul’da ağaçlar yeşil, çiçekler güzel.",
  ],
  [
    "he cp1255",
    "6+wg4fDpIOTg4+0g8OXs4+Ug4fDpIOfl+OnvIOX55eXp7SDh8vjr7SDl4ebr5enl+unk7S4g6+Xs7SDn5fDw5SDh+uHl8OQg5eHu9vTl7ywg7PTp6+og5+Xh5CDy7Onk7SDs8OTl4iDg6fkg4fjy5OUg4fjl5yD57CDg5+Xl5C4=",
    "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה.",
  ],
  [
    "ar cp1256",
    "7ebhzyDM4+3aIMfh5MfTIMPN0cfRxyDjytPH5u3kIN3tIMfh39HH48kg5sfhzd7m3i4g5t7PIOblyObHINre4ccg5tbj7dHHIOba4e3l4yDD5CDt2sfj4SDI2tbl4yDI2tbHIMjR5s0gx+HFzsfBLg==",
    "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا وعليهم أن يعامل بعضهم بعضا بروح الإخاء.",
  ],
  [
    "ja shift_jis",
    "greC14LEgsyQbIrUgs2BQZC2gtyC6oLIgqqC54LJgrWCxI6pl1KCxYKgguiBQYKpgsKBQZG4jLWCxoygl5iCxoLJgsKCooLElb2TmYLFgqCC6YFCkGyK1ILNgUGXnZCrgsaXx5BTgsaC8I72gq+C54LqgsSCqILogUGM3YKigsmTr5ZFgsyQuJBfgvCC4ILBgsSNc5OugrWCyIKvguqCzoLIgueCyIKigUI=",
    "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
  ],
  [
    "ja euc-jp",
    "pLmk2aTGpM6/zbTWpM+hosC4pN6k7KTKpKyk6aTLpLekxryrzbOkx6SipOqhoqSrpMShosK6uLekyLiizfikyKTLpMSkpKTGyr/F+aTHpKKk66Gjv8201qTPoaLN/cCtpMjOyb+0pMik8rz4pLGk6aTspMakqqTqoaK436SkpMvGscumpM7Aur/ApPKk4qTDpMa51MawpLekyqSxpOyk0KTKpOmkyqSkoaM=",
    "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
  ],
  [
    "ja iso2022_jp",
    "GyRCJDkkWSRGJE4/TTRWJE8hIkA4JF4kbCRKJCwkaSRLJDckRjwrTTMkRyQiJGohIiQrJEQhIkI6ODckSDgiTXgkSCRLJEQkJCRGSj9FeSRHJCIkayEjP000ViRPISJNfUAtJEhOST80JEgkcjx4JDEkaSRsJEYkKiRqISI4XyQkJEtGMUsmJE5AOj9AJHIkYiRDJEY5VEYwJDckSiQxJGwkUCRKJGkkSiQkISMbKEI=",
    "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
  ],
  [
    "zh gb18030",
    "yMvIy8n6tvjX1NPJLNTa1/DRz7rNyKjA+8nP0rvCyca9tciho8v7w8e4s9PQwO3Q1LrNwbzQxCyyotOm0tTQ1rXcudjPtbXEvqvJ8c/gttS0/aGjvfHM7Mzsxvi63LrDLM7Sw8fIpbmr1LDJorK9oaM=",
    "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。今天天气很好,我们去公园散步。",
  ],
  [
    "tw big5",
    "pEikSKXNptOm26XRLKZitEzEWalNxXanUaRXpECr36WttaWhQ6VMrcy94aazsnqpyqlNqH2k3yyow8CzpUilU6fMw/arWaq6uuuvq6zbue+r3aFDpLWk0aTRrvCr3KZuLKfarcylaKS9tum0sqhCoUM=",
    "人人生而自由,在尊嚴和權利上一律平等。他們賦有理性和良心,並應以兄弟關係的精神相對待。今天天氣很好,我們去公園散步。",
  ],
  [
    "ko euc-kr",
    "uPC15yDAzrCjwLogxcK+7rOvILanus7FzSDA2sCvt86/7LjnILHXIMG4vvaw+iCxx7iuv6EgwNa+7iC1v7Xux8+02S4gwM6wo8C6IMO1us7A+8C4t84gwMy8urD6IL7nvcnAuyC6zr+pud6+0sC4uOcgvK23ziDH/MGmvtbAxyDBpL3FwLi3ziDH4LW/x8+/qb7fIMfRtNku",
    "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
  ],
];

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

for (const [name, base64, text] of samples) {
  Deno.test(`the encoding of a text is found: ${name}`, () => {
    const bytes = bytesOf(base64);
    assert.equal(new TextDecoder(detect(bytes)).decode(bytes), text);
    const page = Uint8Array.of(...new TextEncoder().encode("<p class='text'>".repeat(900)), ...bytes);
    assert.ok(new TextDecoder(detect(page)).decode(page).endsWith(text), "behind much ASCII");
  });
}

Deno.test("UTF-8, UTF-16 with and without a mark, and short texts in windows-1252 are found", () => {
  const text = "Tea — grün, 灌木 and чай\n";
  assert.equal(detect(new TextEncoder().encode(text)), "utf-8");
  assert.equal(detect(new TextEncoder().encode(text).subarray(0, 7)), "utf-8", "cut inside a character");
  assert.equal(detect(new TextEncoder().encode("plain")), "utf-8");
  for (const isLittle of [true, false]) {
    for (
      const written of [
        text,
        `\uFEFF${text}`,
        "人人生而自由,在尊严和权利上一律平等。\n",
        "Чай растёт на холмах юга.\n",
      ]
    ) {
      const view = new DataView(new ArrayBuffer(2 * written.length));
      [...written].forEach((c, i) => view.setUint16(2 * i, c.charCodeAt(0), isLittle));
      assert.equal(detect(new Uint8Array(view.buffer)), isLittle ? "utf-16le" : "utf-16be", written);
    }
  }
  const marks: Record<string, number> = { "’": 0x92, "“": 0x93, "”": 0x94, "–": 0x96, "€": 0x80 };
  for (
    const short of [
      "It’s a “quoted” word – here",
      "The café is open",
      "50 € only for the two of us",
      "naïve",
      "20° C",
      "café",
      "é",
      "naïve café",
      "Straße",
      "El Niño",
      "fünf Bäume",
      "Køpenhavn",
      "ça va?",
      "weiß",
      `${"plain words ".repeat(9000)} déjà`,
    ]
  ) {
    const bytes = Uint8Array.from(short, (c) => marks[c] ?? c.charCodeAt(0));
    assert.equal(new TextDecoder(detect(bytes)).decode(bytes), short);
  }
});
