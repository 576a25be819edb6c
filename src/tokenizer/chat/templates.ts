/**
 * The built-in chat templates, as Jinja source for tokenizer_config.json.
 *
 * @module
 */

/** Name of a built-in template. */
export type TemplateName = "plain" | "llama-2" | "chatml";

/** A built-in template. */
export interface BuiltIn {
  /** The Jinja source. */
  jinja: string;
  /** Special tokens that the vocabulary must have for it, beside BOS and EOS. */
  markers: readonly string[];
}

/**
 * The built-in templates by name. `plain`: lines of ordinary text, for any vocabulary. `llama-2`: Meta's, with `[INST]`
 * as ordinary text. `chatml`: turns between marker tokens. In all of them EOS ends every answer, and no earlier text
 * depends on a later message.
 */
export const TEMPLATES: Readonly<Record<TemplateName, BuiltIn>> = {
  "plain": {
    jinja: "{{ bos_token }}{% for message in messages %}" +
      "{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}" +
      "{% elif message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\\n' }}" +
      "{% else %}{{ 'Assistant: ' + message['content'] + eos_token }}" +
      "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endif %}" +
      "{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
    markers: [],
  },
  "llama-2": {
    jinja: "{% if messages[0]['role'] == 'system' %}" +
      "{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% set turns = messages[1:] %}" +
      "{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}" +
      "{% for message in turns %}" +
      "{% if message['role'] == 'user' %}" +
      "{{ bos_token + '[INST] ' + (system if loop.first else '') + message['content'] + ' [/INST]' }}" +
      "{% else %}{{ ' ' + message['content'] + ' ' + eos_token }}{% endif %}" +
      "{% endfor %}",
    markers: [],
  },
  "chatml": {
    jinja: "{{ bos_token }}{% for message in messages %}" +
      "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}" +
      "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}" +
      "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    markers: ["<|im_start|>", "<|im_end|>"],
  },
};
