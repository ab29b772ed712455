//! Unknown keys: found by walking the text beside the schema that is generated from the types.

use super::{Config, wrong::Wrong};
use serde_json::Value;
use std::sync::LazyLock;
use toml::de::{DeTable, DeValue};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Config).to_value());

/// The first key that the schema does not have.
pub(crate) fn find(value: &DeValue<'_>) -> Option<Wrong> {
    walk(value, &SCHEMA, &mut Vec::new())
}

fn walk(value: &DeValue<'_>, schema: &Value, path: &mut Vec<String>) -> Option<Wrong> {
    let schema = resolve(schema);
    match value {
        DeValue::Table(table) => walk_table(table, schema, path),
        DeValue::Array(array) => {
            array.iter().find_map(|item| walk(item.get_ref(), &schema["items"], path))
        }
        _ => None,
    }
}

fn walk_table(table: &DeTable<'_>, schema: &Value, path: &mut Vec<String>) -> Option<Wrong> {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else {
        return walk_map(table, schema.get("additionalProperties")?, path);
    };
    for (key, value) in table.iter() {
        let name: &str = key.get_ref();
        path.push(name.to_owned());
        let Some(inner) = known.get(name) else {
            return Some(Wrong {
                message: format!("unknown key `{}`", path.join(".")),
                span: key.span(),
                help: nearest_help(name, known.keys().map(String::as_str)),
            });
        };
        if let Some(wrong) = walk(value.get_ref(), inner, path) {
            return Some(wrong);
        }
        path.pop();
    }
    None
}

/// A table whose keys are free, such as the names of images.
fn walk_map(table: &DeTable<'_>, schema: &Value, path: &mut Vec<String>) -> Option<Wrong> {
    for (key, value) in table.iter() {
        path.push(key.get_ref().to_string());
        if let Some(wrong) = walk(value.get_ref(), schema, path) {
            return Some(wrong);
        }
        path.pop();
    }
    None
}

/// Follows `$ref`, and takes the object out of `anyOf: [object, null]`.
fn resolve(schema: &Value) -> &Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return resolve(&SCHEMA["$defs"][name]);
    }
    match schema["anyOf"].as_array() {
        Some(either) => either.first().map_or(schema, resolve),
        None => schema,
    }
}

/// `did you mean …?`, or all that there are where none is near.
pub(crate) fn nearest_help<'a>(
    given: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Option<String> {
    let distance = |name: &str| strsim::damerau_levenshtein(given, name);
    let nearest = known.clone().min_by_key(|name| distance(name))?;
    if distance(nearest) <= 1 + given.len() / 3 {
        return Some(format!("did you mean `{nearest}`?"));
    }
    let all: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    (all.len() <= 12).then(|| format!("known here: {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named() {
        let check = |given: &str, expected: &str| {
            let help = nearest_help(given, ["version", "driver", "gpus"].into_iter());
            assert_eq!(help.as_deref(), Some(expected));
        };
        check("verson", "did you mean `version`?");
        check("driverr", "did you mean `driver`?");
        check("zzzzz", "known here: `version`, `driver`, `gpus`");
    }
}
