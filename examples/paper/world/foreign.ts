/**
 * Sentences in German, French and Spanish: an article of the German Wikipedia, and pages for the language filter.
 *
 * @module
 */
import { type Draw, fill } from "../draw.ts";
import type { World } from "../world.ts";

/** A language of the made-up web beside English. */
export type ForeignLanguage = "de" | "fr" | "es";

const sentences: Record<ForeignLanguage, readonly string[]> = {
  de: [
    "{person} wohnt seit vielen Jahren in der kleinen Stadt {town} und geht jeden Morgen zur Arbeit.",
    "Die Stadt {town} liegt am Ufer des Flusses {river} und hat einen schönen alten Marktplatz.",
    "Auf dem Markt von {town} verkauft {person} frisches Brot, Äpfel und warme Decken.",
    "Im Winter ist der Weg von {town} nach {other} oft verschneit, und niemand fährt mehr.",
    "Die Kinder hören gern zu, wenn {person} am Abend alte Geschichten erzählt.",
    "Am Sonntag kommen viele Leute aus {other}, um die Brücke über den {river} zu sehen.",
    "{person} hat {n} Ziegen, die auf den Hügeln hinter dem Haus Gras fressen.",
    "Vor {n} Jahren wurde in {town} eine neue Schule gebaut, in der heute {person} arbeitet.",
    "Wer durch {town} geht, hört das Rauschen des Flusses {river} in jeder Straße.",
    "Nach der Arbeit trinkt {person} gern eine Tasse Tee und schaut auf das Wasser.",
  ],
  fr: [
    "{person} habite depuis longtemps dans la petite ville de {town} et se lève très tôt le matin.",
    "La ville de {town} se trouve au bord de la rivière {river}, au pied des collines.",
    "Au marché de {town}, on peut acheter du pain frais, des pommes et des couvertures.",
    "Tous les dimanches, {person} se promène avec ses enfants jusqu'à {other}.",
    "Il y a {n} ans, les habitants de {town} ont construit une nouvelle école.",
    "Quand il pleut, {person} reste à la maison et lit un livre près de la fenêtre.",
    "Le pont qui mène à {other} est fermé pendant l'hiver à cause de la neige.",
    "{person} garde {n} chèvres qui mangent l'herbe derrière la maison.",
  ],
  es: [
    "{person} vive desde hace muchos años en la pequeña ciudad de {town} con toda su familia.",
    "La ciudad de {town} está situada a la orilla del río {river}, entre dos colinas verdes.",
    "En el mercado de {town} se vende pan fresco, manzanas y mantas de lana.",
    "Los domingos {person} camina con sus amigos hasta el pueblo de {other}.",
    "Hace {n} años los vecinos de {town} construyeron una escuela nueva cerca del puente.",
    "Cuando llueve, {person} se queda en casa y lee un libro junto a la ventana.",
    "El camino que va a {other} está cerrado durante el invierno por la nieve.",
    "{person} tiene {n} cabras que comen hierba detrás de la casa.",
  ],
};

/** Writes a paragraph of `count` sentences in a language, about the people and towns of the world. */
export function foreignSentences(
  draw: Draw,
  world: World,
  language: ForeignLanguage,
  count: number,
): string[] {
  return draw.some(sentences[language], count).map((sentence) => {
    const [town, other] = draw.some(world.towns, 2);
    return fill(sentence, {
      person: draw.one(world.people).fullName,
      town: town.name,
      other: other.name,
      river: town.river,
      n: draw.between(3, 99),
    });
  });
}
