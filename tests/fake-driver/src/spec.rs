//! What `ALTLAS_FAKE_DRIVER` asks for, read once.

use std::{collections::HashMap, sync::OnceLock};

/// The variable, taken apart.
pub(crate) struct Spec {
    /// The text of the profile.
    pub(crate) profile: &'static str,
    /// Key, GPU, value.
    entries: Vec<(String, Option<u32>, String)>,
    /// `CUDA_VISIBLE_DEVICES`.
    pub(crate) visible: Option<String>,
}

impl Spec {
    /// The value of `key` for this GPU: what is set for it alone, else what is set for all.
    pub(crate) fn get(&self, key: &str, gpu: Option<u32>) -> Option<&str> {
        let find = |at| self.entries.iter().find(|(k, g, _)| k == key && *g == at);
        let own = gpu.and_then(|_| find(gpu));
        own.or_else(|| find(None)).map(|(_, _, value)| value.as_str())
    }

    /// The entries as changes of a GPU's values.
    pub(crate) fn values(&self, gpu: u32) -> HashMap<&str, &str> {
        let all = self.entries.iter().filter(|(_, at, _)| at.is_none());
        let own = self.entries.iter().filter(|(_, at, _)| *at == Some(gpu));
        all.chain(own).map(|(key, _, value)| (key.as_str(), value.as_str())).collect()
    }
}

/// The one of this process.
pub(crate) fn spec() -> &'static Spec {
    static SPEC: OnceLock<Spec> = OnceLock::new();
    SPEC.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "a shared library is told things so")]
        let [text, visible] =
            ["ALTLAS_FAKE_DRIVER", "CUDA_VISIBLE_DEVICES"].map(|name| std::env::var(name).ok());
        Spec { visible, ..parse(&text.unwrap_or_default()) }
    })
}

fn parse(text: &str) -> Spec {
    let entries: Vec<_> = text.split(';').filter_map(entry).collect();
    let name = entries.iter().find(|(key, ..)| key == "profile").map(|(_, _, value)| &**value);
    let profile = match name.unwrap_or("h200") {
        "rtx4060-wsl" => include_str!("../profiles/rtx4060-wsl.toml"),
        "a100-mig" => include_str!("../profiles/a100-mig.toml"),
        "8xh100" => include_str!("../profiles/8xh100.toml"),
        "none" => include_str!("../profiles/none.toml"),
        _ => include_str!("../profiles/h200.toml"),
    };
    Spec { profile, entries, visible: None }
}

fn entry(text: &str) -> Option<(String, Option<u32>, String)> {
    let text = text.trim();
    let (key, value) = text.split_once('=').unwrap_or((text, "1"));
    let (key, gpu) = key.split_once('@').map_or((key, None), |(k, gpu)| (k, gpu.parse().ok()));
    (!key.is_empty()).then(|| (key.trim().replace('-', "_"), gpu, value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_value_before_the_general_one() {
        let spec = parse("profile=8xh100;temperature=40; temperature@2=91;lost-gpu@3;cuInit=999");
        assert_eq!(spec.get("temperature", Some(1)), Some("40"));
        assert_eq!(spec.get("temperature", Some(2)), Some("91"));
        assert_eq!(spec.get("lost_gpu", Some(3)), Some("1"));
        assert_eq!(spec.get("lost_gpu", Some(2)), None);
        assert_eq!(spec.get("cuInit", None), Some("999"));
        assert_eq!(spec.values(2)["temperature"], "91");
        assert!(spec.profile.contains("H100"));
    }
}
