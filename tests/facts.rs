//! `facts` and `facts update`: that the program is wired to its tables and to the network.

use crate::support::Scene;

#[test]
fn facts_are_listed() {
    let scene = Scene::new();
    let run = scene.run(&["facts"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.stdout.contains("tags of nvidia/cuda"), "{run:#?}");
    let value = scene.run(&["facts", "--format", "json"]).json();
    let tables = value["tables"].as_array().unwrap();
    assert_eq!(tables.len(), cuda_compat::fact_tables().len());
    assert!(tables.iter().all(|table| table["rows"].as_u64() > Some(0)), "{value:#}");
}

#[test]
fn stale_facts_end_with_one() {
    let scene = Scene::new();
    let all = scene.run(&["facts", "--stale", "--older-than", "0", "--format", "json"]);
    assert_eq!(all.code, Some(1), "{all:#?}");
    let none = scene.run(&["facts", "--stale", "--older-than", "36500"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), "no fact is older than 36500 days\n"));
    let wrong = scene.run(&["facts", "--stale", "--older-than", "-1"]);
    assert_eq!(wrong.code, Some(2), "{wrong:#?}");
}

#[test]
fn without_network_update_says_so_for_each_source() {
    // Nobody listens there; the password is nobody's either.
    let scene = Scene::new().env("PIP_INDEX_URL", "http://me:secret@127.0.0.1:1/simple");
    let nowhere = "http://127.0.0.1:1";
    let run = scene.run(&[
        "facts",
        "update",
        "--pytorch-url",
        nowhere,
        "--nvidia-url",
        nowhere,
        "--registry-url",
        nowhere,
        "--timeout",
        "5",
        "--output",
        "news.json",
    ]);
    assert_eq!(run.code, Some(3), "{run:#?}");
    let expected = "could not look up torch: it cannot be connected to; is there a network?\n";
    assert!(run.stdout.contains(expected), "{run:#?}");
    assert!(!run.stdout.contains("not in the tables"), "{run:#?}");
    let news = std::fs::read_to_string(scene.path("news.json")).unwrap();
    assert!(!format!("{run:?}{news}").contains("secret"), "a password is never told");
    let news: serde_json::Value = serde_json::from_str(&news).unwrap();
    let sources = news["sources"].as_array().unwrap();
    assert!(sources.iter().all(|source| source["could_not_look"].is_string()), "{news:#}");
}
