//! What holds for the whole table of checks, and for facts that nobody thought of.

use super::diagnose;
use crate::{CHECKS, Facts, Need, evidence, example};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn codes_are_unique() {
    let codes: BTreeSet<&str> = CHECKS.iter().map(|check| check.code).collect();
    assert_eq!(codes.len(), CHECKS.len());
}

#[test]
fn causes_stand_before_their_consequences() {
    // Every link goes backwards in the list, so there is no circle.
    for (index, check) in CHECKS.iter().enumerate() {
        for cause in check.follows_from {
            let place = CHECKS.iter().position(|other| other.code == *cause);
            assert!(
                place.is_some_and(|place| place < index),
                "`{}` follows from `{cause}`, which has to stand before it",
                check.code
            );
        }
        let unique: BTreeSet<&&str> = check.follows_from.iter().collect();
        assert_eq!(unique.len(), check.follows_from.len(), "`{}` names one twice", check.code);
    }
}

#[test]
fn every_check_explains_itself() {
    for check in CHECKS {
        let text = check.explanation();
        let title = text.lines().next().unwrap_or_default();
        assert!(title.ends_with('.'), "`{}`: the title is a sentence: {title}", check.code);
        assert!(text.lines().count() > 2, "`{}` has no explanation", check.code);
    }
}

/// One change to the facts: which of its values, and what becomes of it.
type Change = (prop::sample::Index, u8, u32);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0u8..8, 0u32..1100), 0..12)
}

/// The JSON pointers to every reading and every probed part.
fn readings(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if map.len() == 1 && (map.contains_key("found") || map.contains_key("answered")) {
                found.push(pointer.to_owned());
            }
            for (key, inner) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                readings(inner, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                readings(inner, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn apply(facts: &mut Value, (index, how, number): &Change) {
    let mut pointers = Vec::new();
    readings(facts, "", &mut pointers);
    if pointers.is_empty() {
        return;
    }
    let pointer = index.get(&pointers);
    let Some(value) = facts.pointer_mut(pointer) else { return };
    if value.get("answered").is_some() {
        *value = match how {
            0..=2 => return,
            3 => json!({ "not_run": "broken" }),
            4 | 5 => json!({ "hung": { "stage": "cuInit", "after_s": 1.5, "unkillable": true } }),
            _ => json!({ "crashed": { "stage": "cuInit", "how": "signal 6", "stderr": "" } }),
        };
        return;
    }
    let inner = value.get("found").cloned().unwrap_or_default();
    *value = match (how, inner) {
        (0 | 1, _) => json!("absent"),
        (2 | 3, _) => json!({ "unknown": "broken" }),
        (_, Value::Bool(old)) => json!({ "found": !old }),
        (_, Value::Number(_)) => json!({ "found": number }),
        (_, Value::Array(list)) if list.iter().any(Value::is_object) => json!({ "found": [] }),
        (_, other) => json!({ "found": other }),
    };
}

fn broken(machine: usize, changes: &[Change]) -> Option<Facts> {
    let machines = [example::h200, example::rtx_4060_wsl, example::eight_h100, example::no_gpu];
    let healthy = machines[machine % machines.len()]();
    let mut value = serde_json::to_value(healthy).unwrap();
    changes.iter().for_each(|change| apply(&mut value, change));
    serde_json::from_value(value).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_facts_are_judged_alike_and_without_a_panic(machine in 0usize..4, changes in changes()) {
        let facts = broken(machine, &changes);
        prop_assert!(facts.is_some(), "the changed facts are not read back");
        let Some(facts) = facts else { return Ok(()) };
        let found = diagnose(&facts, &Need::default());
        prop_assert_eq!(&found, &diagnose(&facts, &Need::default()));
        for (index, (problem, cause)) in found.problems.iter().enumerate() {
            prop_assert!(cause.is_none_or(|cause| cause < index), "{:?}", problem);
            let diagnosis = problem.diagnosis();
            prop_assert!(!diagnosis.fixes().is_empty(), "{:?}", problem);
            let sentence = diagnosis.to_string();
            prop_assert!(!sentence.is_empty() && !sentence.ends_with('.'), "{}", sentence);
            prop_assert!(serde_json::to_value(problem).is_ok());
        }
        let fires = |code: &str| found.problems.iter().any(|(problem, _)| problem.code() == code);
        for claim in [evidence::nvml_claim(&facts), evidence::cuda_claim(&facts)] {
            prop_assert!(claim.is_none_or(fires), "{:?} is claimed and not said", claim);
        }
        if evidence::cuda_failure(&facts).is_some() || evidence::nvml_failure(&facts).is_some() {
            prop_assert!(!found.problems.is_empty());
        }
        let problems = &found.problems;
        prop_assert!(problems.is_empty() || problems.iter().any(|(_, cause)| cause.is_none()));
    }
}
