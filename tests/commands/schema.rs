//! Holds a JSON value against a JSON Schema: the keywords that this program's schemas use, and a panic for any other.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// Every violation with its place; none when the value is valid.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else {
        if schema == &Value::Bool(false) {
            found.push(format!("{at}: nothing is allowed here"));
        }
        return;
    };
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" | "properties" | "maximum" => {}
            "$ref" => check(root, root.pointer(&rule.as_str().unwrap()[1..]).unwrap(), value, at, found),
            "type" => {
                let kinds = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !kinds.iter().any(|kind| is_of(value, kind.as_str().unwrap())) {
                    found.push(format!("{at}: {value} is not of type {rule}"));
                }
            }
            "const" => {
                if value != rule {
                    found.push(format!("{at}: {value} is not {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    found.push(format!("{at}: {value} is not one of {rule}"));
                }
            }
            "anyOf" | "oneOf" => {
                let fits = |schema: &&Value| {
                    let mut inner = Vec::new();
                    check(root, schema, value, at, &mut inner);
                    inner.is_empty()
                };
                let fitting = rule.as_array().unwrap().iter().filter(fits).count();
                if fitting == 0 || (keyword == "oneOf" && fitting > 1) {
                    found.push(format!("{at}: {fitting} of the forms fit {value}"));
                }
            }
            "required" => {
                let missing =
                    |name: &&Value| value.as_object().is_some_and(|o| !o.contains_key(name.as_str().unwrap()));
                found.extend(rule.as_array().unwrap().iter().filter(missing).map(|name| format!("{at}: no {name}")));
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
                for (name, inner) in value.as_object().into_iter().flatten().filter(|(n, _)| !known.contains_key(*n)) {
                    check(root, rule, inner, &format!("{at}/{name}"), found);
                }
            }
            "items" => {
                let skipped = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (place, inner) in value.as_array().into_iter().flatten().enumerate().skip(skipped) {
                    check(root, rule, inner, &format!("{at}/{place}"), found);
                }
            }
            "prefixItems" => {
                let pairs = rule.as_array().unwrap().iter().zip(value.as_array().into_iter().flatten());
                for (place, (rule, inner)) in pairs.enumerate() {
                    check(root, rule, inner, &format!("{at}/{place}"), found);
                }
            }
            "minItems" | "maxItems" => {
                let count = value.as_array().map(|items| u64::try_from(items.len()).unwrap());
                let limit = rule.as_u64().unwrap();
                if count.is_some_and(|count| if keyword == "minItems" { count < limit } else { count > limit }) {
                    found.push(format!("{at}: {keyword} {limit}"));
                }
            }
            // Every pattern of these schemas is a decimal number.
            "pattern" => {
                if value.as_str().is_some_and(|text| text.parse::<Decimal>().is_err()) {
                    found.push(format!("{at}: {value} is not a number"));
                }
            }
            "minimum" => {
                if value.as_i64().is_some_and(|n| n < rule.as_i64().unwrap_or(0)) {
                    found.push(format!("{at}: {value} is below {rule}"));
                }
            }
            other => panic!("the keyword {other} is not known here"),
        }
    }
    let properties: Map<String, Value> =
        schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, rule) in &properties {
        if let Some(inner) = value.get(name) {
            check(root, rule, inner, &format!("{at}/{name}"), found);
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not known here"),
    }
}
