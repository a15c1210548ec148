/** Address under which editors find the JSON Schema of `.github/ops.yml`. */
export const schemaAddress = 'https://raw.githubusercontent.com/org/ops-actions/v1/schema/ops.schema.json';
