//! What may be counted once: fingerprints of beneficiaries and evidence, and how they are shared.

use super::rules::ComplianceRefusal;
use crate::conditions::Direction;
use crate::keys::Keys;
use crate::values::{Id, Parser, Quantity, Share, actor, round_half_up};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Most beneficiaries listed with one figure.
pub const MOST_BENEFICIARIES: usize = 5000;
/// Places that a shared figure is kept to.
const PLACES: u32 = 6;

/// Measure and unit as the ledger compares them: lower case, single spaces.
#[must_use]
pub fn measure_key(measure: &str, unit: &str) -> String {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    format!("{} | {}", plain(measure), plain(unit))
}

/// A reference as it is compared: letters and digits in lower case, so that "AB 12-34" and "ab1234" are one.
#[must_use]
pub fn plain_reference(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The authority's secret for fingerprints. It is derived from a key that is held outside the database, so that
/// the database alone does not let anybody try references against it.
#[must_use]
pub fn fingerprint_key(keys: &Keys, authority: Id<actor::Organisation>) -> Zeroizing<Vec<u8>> {
    let signed = Zeroizing::new(keys.sign(format!("fingerprints of beneficiaries: {authority}").as_bytes()));
    Zeroizing::new(Sha256::digest(signed.as_bytes()).to_vec())
}

/// HMAC-SHA-256 (RFC 2104), hexadecimal.
#[must_use]
pub fn fingerprint(key: &[u8], message: &str) -> String {
    const BLOCK: usize = 64;
    let mut block = Zeroizing::new([0_u8; BLOCK]);
    let hashed = Zeroizing::new(Sha256::digest(key).to_vec());
    let short = if key.len() > BLOCK { hashed.as_slice() } else { key };
    for (place, byte) in block.iter_mut().zip(short) {
        *place = *byte;
    }
    let padded = |pad: u8| Zeroizing::new(block.iter().map(|b| b ^ pad).collect::<Vec<u8>>());
    let mut inner = Sha256::new();
    inner.update(padded(0x36).as_slice());
    inner.update(message.as_bytes());
    let mut outer = Sha256::new();
    outer.update(padded(0x5c).as_slice());
    outer.update(inner.finalize());
    hex::encode(outer.finalize())
}

/// Fingerprints of references, one a line. Empty lines are left out; a line without a letter or digit, or the same
/// reference twice, is an error at the field with its line.
pub fn fingerprints(form: &mut Parser, field: &str, text: &str, key: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (number, line) in (1_usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let reference = plain_reference(line);
        if reference.is_empty() {
            form.wrong(field, format!("Line {number} has no reference. Use letters and digits"));
            continue;
        }
        let print = fingerprint(key, &reference);
        if let Some(first) = lines.get(&print) {
            form.wrong(field, format!("Line {number} is the same reference as line {first}"));
            continue;
        }
        lines.insert(print.clone(), number);
        found.push(print);
    }
    form.check(found.len() <= MOST_BENEFICIARIES, field, "List at most 5,000 references");
    found
}

/// The share that one more claim takes of something others have counted too: all of it, or what was apportioned.
///
/// # Errors
/// [`ComplianceRefusal::Shares`] when all shares together would be more than 100 %.
pub fn share_for(apportioned: Option<Share>, taken: &[Share]) -> Result<Share, ComplianceRefusal> {
    let wanted = apportioned.map_or(Decimal::ONE, Share::get);
    let together: Decimal = taken.iter().map(|s| s.get()).sum::<Decimal>() + wanted;
    if together > Decimal::ONE {
        return Err(ComplianceRefusal::Shares);
    }
    Share::new(wanted).map_err(|_| ComplianceRefusal::Shares)
}

/// What counts of a reported figure.
///
/// Each beneficiary listed stands for an equal part of the figure, of which its share counts; the least share of
/// the evidence then bounds the whole: `quantity × Σ shares / n × least evidence share`, to six places. Only a
/// figure that is the better the higher it is can be counted twice to advantage, so others count in full.
#[must_use]
pub fn counted(direction: Direction, quantity: Quantity, beneficiaries: &[Share], evidence: &[Share]) -> Quantity {
    let full = |shares: &[Share]| shares.iter().all(|s| s.get() == Decimal::ONE);
    if direction != Direction::AtLeast || (full(beneficiaries) && full(evidence)) {
        return quantity;
    }
    let of_beneficiaries = if beneficiaries.is_empty() {
        Decimal::ONE
    } else {
        let sum: Decimal = beneficiaries.iter().map(|s| s.get()).sum();
        sum / Decimal::from(beneficiaries.len())
    };
    let of_evidence = evidence.iter().map(|s| s.get()).min().unwrap_or(Decimal::ONE);
    quantity
        .get()
        .checked_mul(of_beneficiaries)
        .and_then(|v| v.checked_mul(of_evidence))
        .and_then(|v| Quantity::new(round_half_up(v, PLACES).normalize()).ok())
        .unwrap_or(quantity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(text: &str) -> Share {
        text.parse().unwrap()
    }

    #[test]
    fn the_fingerprint_is_that_of_the_published_test_vectors() {
        // RFC 4231, cases 1, 2 and 6.
        assert_eq!(
            fingerprint(&[0x0b; 20], "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            fingerprint(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            fingerprint(&[0xaa; 131], "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn one_reference_written_in_two_ways_is_found_twice_with_its_lines() {
        let mut form = Parser::default();
        let found = fingerprints(&mut form, "beneficiaries", "AB 12-34\n\nab1234\n--\nCD9\n", b"key");
        assert_eq!(found.len(), 2);
        let errors = form.finish().unwrap_err();
        assert_eq!(errors.0[0].message, "Line 3 is the same reference as line 1");
        assert_eq!(errors.0[1].message, "Line 4 has no reference. Use letters and digits");
    }

    #[test]
    fn shares_add_up_to_a_whole_exactly_and_no_further() {
        assert_eq!(share_for(Some(share("0.4")), &[share("0.35"), share("0.25")]), Ok(share("0.4")));
        assert_eq!(share_for(Some(share("0.4000001")), &[share("0.6")]), Err(ComplianceRefusal::Shares));
        assert_eq!(share_for(None, &[share("0.1")]), Err(ComplianceRefusal::Shares));
        assert_eq!(share_for(None, &[]), Ok(share("1")));
    }

    #[test]
    fn a_shared_person_counts_by_its_share() {
        let ten: Quantity = "10".parse().unwrap();
        let people: Vec<Share> = std::iter::repeat_n(share("1"), 9).chain([share("0.5")]).collect();
        assert_eq!(counted(Direction::AtLeast, ten, &people, &[]), "9.5".parse().unwrap());
        assert_eq!(counted(Direction::AtMost, ten, &people, &[]), ten);
        assert_eq!(counted(Direction::AtLeast, ten, &[], &[share("0.3"), share("1")]), "3".parse().unwrap());
    }

    proptest! {
        #[test]
        fn whatever_is_granted_never_adds_up_to_more_than_a_whole(wanted in prop::collection::vec(0u32..=1_000_000, 1..40)) {
            let mut taken: Vec<Share> = Vec::new();
            for millionth in wanted {
                let asked = Share::new(Decimal::new(i64::from(millionth), 6)).unwrap();
                if let Ok(share) = share_for(Some(asked), &taken) {
                    taken.push(share);
                }
            }
            prop_assert!(taken.iter().map(|s| s.get()).sum::<Decimal>() <= Decimal::ONE);
        }

        #[test]
        fn sharing_never_makes_a_figure_larger(quantity in 0i64..1_000_000, shares in prop::collection::vec(0u32..=1000, 0..30)) {
            let quantity = Quantity::new(Decimal::new(quantity, 2)).unwrap();
            let shares: Vec<Share> = shares.into_iter().map(|n| Share::new(Decimal::new(i64::from(n), 3)).unwrap()).collect();
            let found = counted(Direction::AtLeast, quantity, &shares, &[]);
            prop_assert!(found.get() >= Decimal::ZERO && found.get() <= quantity.get());
        }
    }
}
