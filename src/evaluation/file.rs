//! The exported decision: one JSON file that anybody can recompute without the database.

use super::inputs::Inputs;
use super::model::Model;
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use super::result::EvaluationResult;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The only format there is.
pub const FORMAT: &str = "commonweal-evaluation/1";

/// Model, inputs and, once ranked, the result. Decimals and money are strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationFile {
    /// `commonweal-evaluation/1`.
    pub format: String,
    /// The published model.
    pub model: Model,
    /// The bids.
    pub inputs: Inputs,
    /// What was decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<EvaluationResult>,
}

impl EvaluationFile {
    /// A file with its result.
    ///
    /// # Errors
    /// [`EvaluationRefusal`] of [`evaluate`].
    pub fn of(model: Model, inputs: Inputs) -> Result<Self, EvaluationRefusal> {
        let result = evaluate(&model, &inputs)?;
        Ok(EvaluationFile { format: FORMAT.to_owned(), model, inputs, result: Some(result) })
    }
}

/// What recomputing a file found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recomputation {
    /// Whether the stored result has the same digits; `None` when the file holds no result.
    pub agrees: Option<bool>,
    /// Where it differs.
    pub differences: Vec<Difference>,
    /// The recomputed result.
    pub result: EvaluationResult,
}

/// One place where the stored and the recomputed result differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// A JSON pointer into the result.
    pub path: String,
    /// What the file says.
    pub stored: Value,
    /// What was computed.
    pub recomputed: Value,
}

/// Recomputes a file and compares its stored result to the last digit, trailing zeros included.
///
/// # Errors
/// [`EvaluationRefusal`] for another format, and of [`evaluate`].
pub fn recompute(file: &EvaluationFile) -> Result<Recomputation, EvaluationRefusal> {
    if file.format != FORMAT {
        return Err(EvaluationRefusal::Model(format!(
            "The format is “{}”; this program reads “{FORMAT}”.",
            file.format
        )));
    }
    let result = evaluate(&file.model, &file.inputs)?;
    let mut differences = Vec::new();
    let agrees = match &file.result {
        None => None,
        Some(stored) => {
            compare("", &json(stored), &json(&result), &mut differences);
            Some(differences.is_empty())
        }
    };
    Ok(Recomputation { agrees, differences, result })
}

/// Where a stored and a recomputed answer differ, to the last digit; empty when they are the same.
#[must_use]
pub fn differences<T: Serialize>(stored: &T, recomputed: &T) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &json(stored), &json(recomputed), &mut found);
    found
}

fn compare(path: &str, stored: &Value, recomputed: &Value, differences: &mut Vec<Difference>) {
    match (stored, recomputed) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() && a.keys().all(|key| b.contains_key(key)) => {
            for (key, value) in a {
                compare(&format!("{path}/{key}"), value, b.get(key).unwrap_or(&Value::Null), differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}/{index}"), a, b, differences);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            differences.push(Difference { path: path.to_owned(), stored: a.clone(), recomputed: b.clone() });
        }
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    // These types hold nothing that JSON cannot: strings, whole numbers, lists and maps with string keys.
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let by_key: BTreeMap<String, Value> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(by_key.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// JSON with keys in order and no spaces: the form that hashes are made of.
#[must_use]
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    sorted(json(value)).to_string()
}

/// SHA-256 of the canonical JSON of a model, in hexadecimal: what is frozen with the notice.
#[must_use]
pub fn model_hash(model: &Model) -> String {
    hex::encode(Sha256::digest(canonical_json(model).as_bytes()))
}

/// SHA-256 of the canonical JSON of a whole file, in hexadecimal: model, bids and result. It is what the audit record
/// keeps of a ranking and what the award names.
#[must_use]
pub fn evaluation_hash(file: &EvaluationFile) -> String {
    hex::encode(Sha256::digest(canonical_json(file).as_bytes()))
}

/// The JSON Schema of a file of one of the formats; `None` for a format there is not.
#[must_use]
pub fn schema_of(format: &str) -> Option<Value> {
    let mut schema = match format {
        FORMAT => return Some(schema()),
        super::BIDDER_FORMAT => json(&schemars::schema_for!(super::BidderFile)),
        super::LOTS_FORMAT => json(&schemars::schema_for!(super::LotsFile)),
        super::STAGES_FORMAT => json(&schemars::schema_for!(super::StagesFile)),
        _ => return None,
    };
    if let Some(known) = schema.pointer_mut("/properties/format").and_then(Value::as_object_mut) {
        known.insert("const".to_owned(), Value::String(format.to_owned()));
    }
    Some(schema)
}

/// The JSON Schema of the file.
#[must_use]
pub fn schema() -> Value {
    let mut schema = json(&schemars::schema_for!(EvaluationFile));
    if let Some(format) = schema.pointer_mut("/properties/format").and_then(Value::as_object_mut) {
        format.insert("const".to_owned(), Value::String(FORMAT.to_owned()));
    }
    schema
}
