import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

// Layout of tags is left to the writer; everything that can be wrong stays on, v-html above all.
const layout = ['max-attributes-per-line', 'singleline-html-element-content-newline', 'first-attribute-linebreak',
  'html-closing-bracket-newline', 'html-indent', 'html-closing-bracket-spacing', 'html-self-closing',
  'multiline-html-element-content-newline', 'require-default-prop']

export default ts.config(
  { ignores: ['dist', 'shared/api/schema.d.ts'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: { ...Object.fromEntries(layout.map((rule) => [`vue/${rule}`, 'off'])), 'vue/no-v-html': 'error', 'max-lines': ['error', 250] },
  },
  { files: ['**/*.ts'], rules: { 'max-lines': ['error', 400], complexity: ['error', 8] } },
)
