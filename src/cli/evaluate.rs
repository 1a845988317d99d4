//! `commonweal evaluate FILE.json`: recomputes an exported decision without a database. `verify evaluation` holds its
//! hashes against what the file says and, with a proof, against a signed checkpoint.

use crate::audit::{Checkpoint, Proof};
use crate::evaluation::{self, BidderFile, EvaluationFile, LotsFile, StagesFile};
use crate::values::RefusalInfo;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The format of a decision with the proof that the audit record names it.
pub const PROVED_FORMAT: &str = "commonweal-evaluation-proved/1";

/// A decision, and the row of the audit record that names its hash with the way to a signed checkpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proved {
    /// `commonweal-evaluation-proved/1`.
    pub format: String,
    /// The decision.
    pub evaluation: EvaluationFile,
    /// The way from its row to the checkpoint.
    pub proof: Proof,
}

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
        Some(evaluation::LOTS_FORMAT) => {
            let file = read::<LotsFile>(json_text)?;
            let result = evaluation::evaluate_lots(&file.model, &file.inputs).map_err(|refusal| refusal.sentence())?;
            compared(file.result.as_ref(), &result)
        }
        Some(evaluation::STAGES_FORMAT) => {
            let file = read::<StagesFile>(json_text)?;
            let result = file.recompute().map_err(|refusal| refusal.sentence())?;
            compared(file.result.as_ref(), &result)
        }
        Some(PROVED_FORMAT) => {
            let proved = read::<Proved>(json_text)?;
            written(evaluation::recompute(&proved.evaluation).map_err(|refusal| refusal.sentence())?)
        }
        Some(other) => Err(format!("The format is “{other}”; this program reads “{}”.", evaluation::FORMAT)),
        None => Err(format!("The file has no format; it must say “{}”.", evaluation::FORMAT)),
    }
}

fn compared<T: Serialize>(stored: Option<&T>, result: &T) -> Result<Value, String> {
    let differences = stored.map(|stored| evaluation::differences(stored, result));
    written(json!({
        "agrees": differences.as_ref().map(Vec::is_empty),
        "differences": differences.unwrap_or_default(),
        "result": result,
    }))
}

/// Holds a decision against itself and, with a checkpoint, against the audit record: the model hash, the result
/// recomputed to the last digit, the evaluation hash, the checkpoint’s signature, and the chain from the row that names
/// the evaluation hash to the head that was signed. No database is opened. Answers the report and whether all is well.
///
/// # Errors
/// One sentence: a file that is no decision or was not ranked yet, a text that is no checkpoint, a checkpoint without the
/// proof that ties the decision to it.
pub fn verify(json_text: &str, checkpoint: Option<&str>) -> Result<(Value, bool), String> {
    let value: Value = serde_json::from_str(json_text).map_err(|error| format!("The file is not JSON: {error}."))?;
    let (file, proof) = if value.get("format").and_then(Value::as_str) == Some(PROVED_FORMAT) {
        let proved = read::<Proved>(json_text)?;
        (proved.evaluation, Some(proved.proof))
    } else {
        (read::<EvaluationFile>(json_text)?, None)
    };
    let Some(stored) = &file.result else {
        return Err("The file holds no result, so there is nothing to verify.".to_owned());
    };
    let recomputed = evaluation::recompute(&file).map_err(|refusal| refusal.sentence())?;
    let model = evaluation::model_hash(&file.model);
    let hash = evaluation::evaluation_hash(&file);
    let mut well = stored.model_hash == model && recomputed.agrees == Some(true);
    let mut report = json!({
        "model_hash": { "stored": stored.model_hash, "computed": model, "agrees": stored.model_hash == model },
        "evaluation_hash": hash,
        "recomputed": { "agrees": recomputed.agrees, "differences": recomputed.differences },
    });
    if let Some(text) = checkpoint {
        let checkpoint: Checkpoint =
            serde_json::from_str(text).map_err(|error| format!("The checkpoint cannot be read: {error}."))?;
        let Some(proof) = proof else {
            return Err(
                "The file says nothing of the audit record: make one with its proof by `commonweal prove`, where \
                        the database is."
                    .to_owned(),
            );
        };
        let named = proof.row.fact("hash");
        let (signed, chained) = (checkpoint.is_signed(), proof.leads_to(&checkpoint));
        let names_it = named.as_deref() == Some(hash.as_str());
        well &= signed && chained && names_it;
        if let Some(report) = report.as_object_mut() {
            report.insert(
                "checkpoint".to_owned(),
                json!({
                    "signed": signed, "public_key": checkpoint.public_key, "seq": checkpoint.seq, "at": checkpoint.at,
                    "chained": chained, "action": proof.row.action, "recorded_at": proof.row.at,
                    "names_this_evaluation": names_it,
                }),
            );
        }
    }
    if let Some(report) = report.as_object_mut() {
        report.insert("agrees".to_owned(), Value::Bool(well));
    }
    Ok((report, well))
}

/// Reads a decision without judging it.
///
/// # Errors
/// One sentence.
pub(super) fn decision(json_text: &str) -> Result<EvaluationFile, String> {
    read(json_text)
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

/// The JSON Schema of a file of another format.
///
/// # Errors
/// A format that there is not.
pub fn schema_of(format: &str) -> Result<Value, String> {
    evaluation::schema_of(format).ok_or_else(|| {
        format!(
            "There is no format “{format}”; there are {}, {}, {} and {}.",
            evaluation::FORMAT,
            evaluation::BIDDER_FORMAT,
            evaluation::LOTS_FORMAT,
            evaluation::STAGES_FORMAT
        )
    })
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
    fn a_decision_is_held_against_its_own_hashes_and_a_changed_digit_is_found() {
        let mut file = file();
        assert!(verify(&file.to_string(), None).unwrap_err().contains("holds no result"));
        file["result"] = evaluate(&file.to_string()).unwrap()["result"].clone();
        let (report, well) = verify(&file.to_string(), None).unwrap();
        assert!(well && report["agrees"] == true, "{report}");
        assert_eq!(report["evaluation_hash"].as_str().unwrap().len(), 64);
        assert!(verify(&file.to_string(), Some("{}")).unwrap_err().starts_with("The checkpoint cannot be read"));
        file["model"]["title"] = json!("Another title");
        let (report, well) = verify(&file.to_string(), None).unwrap();
        assert!(!well && report["model_hash"]["agrees"] == false, "{report}");
    }

    #[test]
    fn a_proof_ties_a_decision_to_a_signed_checkpoint_and_any_change_breaks_it() {
        use crate::audit::ProvedRow;
        use crate::values::Clock;
        let folder = tempfile::tempdir().unwrap();
        let keys = crate::keys::Keys::load_or_make(folder.path()).unwrap();
        let mut plain = file();
        plain["result"] = evaluate(&plain.to_string()).unwrap()["result"].clone();
        let decision: EvaluationFile = serde_json::from_value(plain).unwrap();
        let hash = evaluation::evaluation_hash(&decision);
        let row = ProvedRow {
            id: "01K".into(),
            authority: String::new(),
            at: "2026-11-24T10:00:00Z".into(),
            actor: "account:1".into(),
            action: "ranking.signed".into(),
            subject_kind: "call".into(),
            subject_id: "1".into(),
            facts: json!({ "hash": hash }).to_string(),
        };
        // The head after two rows, made by hand as the chain makes it.
        let link = |before: &str, seq: i64, row: &str| {
            use sha2::{Digest, Sha256};
            let mut digest = Sha256::new();
            digest.update(before.as_bytes());
            digest.update(seq.to_be_bytes());
            digest.update(row.as_bytes());
            hex::encode(digest.finalize())
        };
        let next = "ab".repeat(32);
        let head = link(&link("before", 7, &row.hash()), 8, &next);
        let at = Clock::machine();
        let signature = keys.sign(&Checkpoint::message(8, &head, at));
        let checkpoint = Checkpoint { seq: 8, head, at, signature, public_key: keys.audit_public() };
        let proof = Proof { row, seq: 7, before: "before".into(), following: vec![next] };
        let proved = Proved { format: PROVED_FORMAT.into(), evaluation: decision, proof };
        let check = |proved: &Proved, checkpoint: &Checkpoint| {
            let (file, point) = (serde_json::to_string(proved).unwrap(), serde_json::to_string(checkpoint).unwrap());
            verify(&file, Some(&point)).unwrap()
        };
        let (report, well) = check(&proved, &checkpoint);
        assert!(well, "{report}");
        assert_eq!(evaluate(&serde_json::to_string(&proved).unwrap()).unwrap()["agrees"], true);
        let mut forged = checkpoint.clone();
        forged.seq = 9;
        let (report, well) = check(&proved, &forged);
        assert!(!well && report["checkpoint"]["signed"] == false && report["checkpoint"]["chained"] == false);
        let mut other = proved.clone();
        other.proof.row.facts = json!({ "hash": "00" }).to_string();
        let (report, well) = check(&other, &checkpoint);
        assert!(
            !well && report["checkpoint"]["chained"] == false && report["checkpoint"]["names_this_evaluation"] == false
        );
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
