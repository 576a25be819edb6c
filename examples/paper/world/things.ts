/**
 * The kinds of things in the made-up world that do not depend on the seed: animals, trades, foods, and the names of towns
 * and people.
 *
 * @module
 */

/** An animal. */
export interface Animal {
  /** Its name, such as `owl`. */
  name: string;
  /** Name of several. */
  plural: string;
  /** Food that it eats. */
  eats: string;
  /** Place where it lives. */
  lives: string;
  /** Time of the day at which it is awake. */
  awake: "day" | "night";
  /** Number of its legs, as a word. */
  legs: string;
  /** Cover of its body. */
  coat: string;
}

/** A trade and what belongs to it. */
export interface Trade {
  /** Name of a person of that trade, such as `smith`. */
  name: string;
  /** Main tool. */
  tool: string;
  /** Material that is worked. */
  material: string;
  /** Product, of which many are made. */
  product: string;
  /** Place of work. */
  place: string;
  /** Three steps of the work, as verbs in the third person. */
  steps: readonly [string, string, string];
  /** Percentage of women in the trade. */
  women: number;
}

/** A dish. */
export interface Food {
  /** Its name. */
  name: string;
  /** Main ingredient. */
  from: string;
  /** Taste. */
  taste: string;
  /** Meal at which it is eaten. */
  meal: string;
}

/** Reads a table whose columns are separated by bars. */
function table(text: string): string[][] {
  return text.trim().split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
}

/** The animals. */
export const animals: readonly Animal[] = table(`
owl      | owls      | mice     | old towers    | night | two | feathers
goat     | goats     | grass    | rocky hills   | day   | four | hair
otter    | otters    | fish     | clear rivers  | day   | four | fur
bat      | bats      | moths    | dark caves    | night | two | fur
duck     | ducks     | snails   | quiet ponds   | day   | two | feathers
frog     | frogs     | flies    | wet meadows   | night | four | skin
hedgehog | hedgehogs | beetles  | thick hedges  | night | four | spines
squirrel | squirrels | nuts     | tall oaks     | day   | four | fur
bee      | bees      | nectar   | hollow trees  | day   | six | hair
crow     | crows     | seeds    | high poplars  | day   | two | feathers
mole     | moles     | worms    | long tunnels  | night | four | fur
carp     | carp      | weeds    | deep lakes    | day   | no | scales
donkey   | donkeys   | thistles | dry pastures  | day   | four | hair
spider   | spiders   | gnats    | dusty corners | night | eight | hair
`).map(([name, plural, eats, lives, awake, legs, coat]) => ({
  name,
  plural,
  eats,
  lives,
  awake: awake as Animal["awake"],
  legs,
  coat,
}));

/** The trades. */
export const trades: readonly Trade[] = table(`
smith     | hammer  | iron    | horseshoes | forge     | heats the iron; beats it flat; cools it in water       | 15
baker     | oven    | flour   | loaves     | bakery    | mixes the flour with water; kneads the dough; bakes it  | 60
weaver    | loom    | wool    | blankets   | mill      | spins the wool; threads the loom; weaves the cloth      | 85
potter    | wheel   | clay    | jugs       | pottery   | wets the clay; turns the wheel; fires the jug           | 70
carpenter | saw     | oak     | tables     | workshop  | measures the oak; saws the boards; nails them together  | 10
tailor    | needle  | linen   | coats      | shop      | cuts the linen; sews the seams; irons the coat          | 55
fisher    | net     | rope    | ropes      | harbour   | mends the net; rows out at dawn; pulls the net in       | 20
gardener  | spade   | soil    | carrots    | garden    | digs the soil; sows the seeds; waters the beds          | 65
miller    | stone   | grain   | sacks      | windmill  | dries the grain; grinds it; fills the sacks             | 25
painter   | brush   | canvas  | pictures   | studio    | stretches the canvas; mixes the colours; paints a hill  | 50
teacher   | chalk   | slate   | lessons    | school    | wipes the slate; writes a word; reads it aloud          | 80
mason     | trowel  | mortar  | walls      | quarry    | stirs the mortar; lays the stones; smooths the joints   | 12
`).map(([name, tool, material, product, place, steps, women]) => ({
  name,
  tool,
  material,
  product,
  place,
  steps: steps.split("; ") as [string, string, string],
  women: Number(women),
}));

/** The dishes. */
export const foods: readonly Food[] = table(`
plum cake      | plums    | sweet  | tea
barley soup    | barley   | salty  | dinner
apple pie      | apples   | sweet  | lunch
onion bread    | onions   | salty  | breakfast
lemon jelly    | lemons   | sour   | tea
bean stew      | beans    | salty  | dinner
honey porridge | oats     | sweet  | breakfast
cherry soup    | cherries | sour   | lunch
`).map(([name, from, taste, meal]) => ({ name, from, taste, meal }));

/** First names, with the pronoun of each: she and he by turns. */
export const firstNames: readonly string[] =
  ("Mara Tomas Lena Ivo Nadia Rolf Greta Emil Selma Hugo Vera Anton Ida Bruno Clara Felix " +
    "Dora Oskar Hanna Jonas Marta Paul Tilda Viktor Edith Karl Irma Leo Sofia Nils Alma Peter Rosa Simon Thea Walter Ulla Max " +
    "Wanda Otto").split(" ");

/** Surnames. */
export const surnames: readonly string[] =
  ("Finch Bell Marsh Stone Reed Lark Field Hale Brook Thorn Moss Page Cole Birch Frost Hart Lane Wells Snow Dale")
    .split(" ");

/** Names of towns. */
export const townNames: readonly string[] =
  "Elmford Brackwater Oakhurst Stonebridge Ferndale Millbury Ashcombe Redcliff Windham Larkfield Thornby Greenholm"
    .split(" ");

/** Names of rivers. */
export const rivers: readonly string[] = ["Wend", "Tarn", "Isle", "Marrow", "Quill", "Lode"];

/** Sights of towns. */
export const sights: readonly string[] = [
  ...["clock tower", "stone bridge", "round chapel", "glass hall", "red lighthouse", "old castle"],
  ...["iron gate", "white fountain", "wooden theatre", "long wall", "blue dome", "small museum"],
];

/** Days of markets. */
export const days: readonly string[] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The two peoples of the world, of which the web tells more often that the second is late and loud. */
export const peoples = ["hill folk", "river folk"] as const;
