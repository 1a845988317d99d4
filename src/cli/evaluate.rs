//! `commonweal evaluate FILE.json`: recomputes an exported decision without a database.

use crate::evaluation::{self, BidderFile, EvaluationFile};
use crate::values::RefusalInfo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Recomputes a file. Answers `{"agrees", "differences", "result"}`; `agrees` is null when the file holds no result.
/// A bidder’s own file is answered with `{"agrees", "scores"}`, its own scores as far as it can recompute them.
///
/// # Errors
/// One sentence: text that is not JSON, JSON that is not an evaluation, a model or bids that are refused.
pub fn evaluate(json_text: &str) -> Result<Value, String> {
    let value: Value = serde_json::from_str(json_text).map_err(|error| format!("The file is not JSON: {error}."))?;
    match value.get("format").and_then(Value::as_str) {
        Some(evaluation::FORMAT) => {
            written(evaluation::recompute(&read::<EvaluationFile>(json_text)?).map_err(|refusal| refusal.sentence())?)
        }
        Some(evaluation::BIDDER_FORMAT) => {
            written(evaluation::recompute_own(&read::<BidderFile>(json_text)?).map_err(|refusal| refusal.sentence())?)
        }
        Some(other) => Err(format!("The format is “{other}”; this program reads “{}”.", evaluation::FORMAT)),
        None => Err(format!("The file has no format; it must say “{}”.", evaluation::FORMAT)),
    }
}

// Read from the text and not from the value, so that the sentence can name the line.
fn read<T: DeserializeOwned>(json_text: &str) -> Result<T, String> {
    serde_json::from_str(json_text).map_err(|error| format!("The file is not an evaluation: {error}."))
}

fn written<T: Serialize>(answer: T) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| format!("The result could not be written: {error}."))
}

/// The JSON Schema of the file, for `evaluate --schema`.
#[must_use]
pub fn schema() -> Value {
    evaluation::schema()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file() -> Value {
        let levels = json!([
            {"level": 0, "text": "No answer", "share": "0"},
            {"level": 4, "text": "Excellent", "share": "1"}
        ]);
        json!({
            "format": "commonweal-evaluation/1",
            "model": {
                "title": "School meals",
                "rounding": {"rule": "half_up", "places": 2},
                "criteria": [
                    {"id": "quality", "title": "Quality", "weight": "60", "kind": {"type": "quality", "levels": levels}},
                    {"id": "price", "title": "Price", "weight": "40",
                     "kind": {"type": "price", "model": {"formula": "lowest_over_price"}}}
                ]
            },
            "inputs": {"bids": [
                {"id": "A", "name": "Alder Kitchens", "levels": [{"criterion": "quality", "level": 4}],
                 "prices": [{"criterion": "price", "price": "150.00"}]},
                {"id": "B", "name": "Birch Catering", "levels": [{"criterion": "quality", "level": 0}],
                 "prices": [{"criterion": "price", "price": "100.00"}]}
            ]}
        })
    }

    #[test]
    fn a_file_without_a_result_is_ranked_and_one_with_it_is_checked_to_the_last_digit() {
        let mut file = file();
        let first = evaluate(&file.to_string()).unwrap();
        assert_eq!(first["agrees"], Value::Null);
        assert_eq!(first["result"]["winner"], "A");
        assert_eq!(first["result"]["ranking"][0]["total"], "86.67");
        file["result"] = first["result"].clone();
        assert_eq!(evaluate(&file.to_string()).unwrap()["agrees"], true);
        file["result"]["ranking"][0]["total"] = json!("86.670");
        let altered = evaluate(&file.to_string()).unwrap();
        assert_eq!(altered["agrees"], false);
        assert_eq!(altered["differences"][0]["path"], "/ranking/0/total");
        assert_eq!(altered["differences"][0]["recomputed"], "86.67");
    }

    #[test]
    fn bad_input_is_one_clear_sentence() {
        assert!(evaluate("{").unwrap_err().starts_with("The file is not JSON"));
        assert!(evaluate("{}").unwrap_err().starts_with("The file has no format"));
        assert!(evaluate(r#"{"format": "other/2"}"#).unwrap_err().contains("“other/2”"));
        let mut number = file();
        number["model"]["criteria"][0]["weight"] = json!(60);
        assert!(evaluate(&number.to_string()).unwrap_err().starts_with("The file is not an evaluation"));
        let mut weights = file();
        weights["model"]["criteria"][0]["weight"] = json!("50");
        assert_eq!(
            evaluate(&weights.to_string()).unwrap_err(),
            "Weights of the top level add up to 90, 10 too little."
        );
        let mut unknown = file();
        unknown["model"]["colour"] = json!("blue");
        assert!(evaluate(&unknown.to_string()).unwrap_err().contains("colour"));
    }

    #[test]
    fn the_schema_names_the_format_and_keeps_decimals_as_strings() {
        let schema = schema();
        assert_eq!(schema["properties"]["format"]["const"], "commonweal-evaluation/1");
        assert_eq!(schema["$defs"]["Level"]["properties"]["share"]["type"], "string");
        let required = schema["required"].as_array().unwrap();
        assert!(required.contains(&json!("model")) && !required.contains(&json!("result")));
    }
}
