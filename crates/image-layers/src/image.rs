//! An image: its configuration and its layers.

use crate::{Entry, Kind, Layer};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its names, where the source says them.
    pub names: Vec<String>,
    /// Its configuration.
    pub config: Config,
    /// Its layers, the lowest first.
    pub layers: Vec<Layer>,
}

/// The configuration of an image, as far as it is of use here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Config {
    /// `amd64`
    #[serde(default)]
    pub architecture: String,
    /// `linux`
    #[serde(default)]
    pub os: String,
    /// When it was built, as it is written.
    #[serde(default)]
    pub created: Option<String>,
    /// What a container starts with.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub config: Start,
    /// The steps that built it, the first one first.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub history: Vec<History>,
}

/// What a container starts with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Start {
    /// The variables, as `NAME=value`.
    #[serde(deserialize_with = "null_is_empty")]
    pub env: Vec<String>,
    /// The labels.
    #[serde(deserialize_with = "null_is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The user.
    pub user: String,
    /// The program.
    #[serde(deserialize_with = "null_is_empty")]
    pub entrypoint: Vec<String>,
    /// Its arguments.
    #[serde(deserialize_with = "null_is_empty")]
    pub cmd: Vec<String>,
}

/// One step that built an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct History {
    /// The instruction, as the builder wrote it.
    pub created_by: String,
    /// Whether it made no layer.
    pub empty_layer: bool,
}

fn null_is_empty<'de, D, T>(source: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(source).map(Option::unwrap_or_default)
}

/// A layer and the instruction that made it.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// The instruction; `None` where the history does not fit the layers.
    pub created_by: Option<&'a str>,
}

impl Image {
    /// The layers with the instructions that made them, the lowest first.
    pub fn steps(&self) -> Vec<Step<'_>> {
        let made: Vec<&History> =
            self.config.history.iter().filter(|step| !step.empty_layer).collect();
        let fits = made.len() == self.layers.len();
        self.layers
            .iter()
            .enumerate()
            .map(|(index, layer)| Step {
                layer,
                created_by: made
                    .get(index)
                    .filter(|_| fits)
                    .map(|history| history.created_by.as_str()),
            })
            .collect()
    }

    /// What is there at the end: each path with the index of its layer and its entry.
    pub fn files(&self) -> BTreeMap<&str, (usize, &Entry)> {
        let mut files: BTreeMap<&str, (usize, &Entry)> = BTreeMap::new();
        for (index, layer) in self.layers.iter().enumerate() {
            // A layer hides what is below it, never what it brings itself.
            for entry in &layer.entries {
                match entry.kind {
                    Kind::Whiteout => {
                        files.remove(entry.path.as_str());
                        remove_below(&mut files, &entry.path);
                    }
                    Kind::Opaque => remove_below(&mut files, &entry.path),
                    _ => {}
                }
            }
            for entry in &layer.entries {
                match entry.kind {
                    Kind::Whiteout | Kind::Opaque => continue,
                    Kind::Folder => {}
                    _ => remove_below(&mut files, &entry.path),
                }
                files.insert(&entry.path, (index, entry));
            }
        }
        files
    }

    /// A variable that a container starts with.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let pairs = self.config.config.env.iter().filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next_back()
    }
}

fn remove_below(files: &mut BTreeMap<&str, (usize, &Entry)>, folder: &str) {
    if folder.is_empty() {
        files.clear();
        return;
    }
    let (from, to) = (format!("{folder}/"), format!("{folder}0"));
    let below: Vec<&str> = files
        .range::<str, _>((
            std::ops::Bound::Included(from.as_str()),
            std::ops::Bound::Excluded(to.as_str()),
        ))
        .map(|(path, _)| *path)
        .collect();
    for path in below {
        files.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Want, layer::example, read_layer};

    fn image(layers: &[&[(&str, &str)]]) -> Image {
        let read = |files: &&[(&str, &str)]| {
            read_layer("x", example::tar(files).as_slice(), &Want::nothing()).unwrap()
        };
        Image {
            names: Vec::new(),
            config: Config::default(),
            layers: layers.iter().map(read).collect(),
        }
    }

    #[test]
    fn later_layers_win() {
        let check = |layers: &[&[(&str, &str)]], expected: &[(&str, usize)]| {
            let image = image(layers);
            let got: Vec<(&str, usize)> =
                image.files().into_iter().map(|(path, (layer, _))| (path, layer)).collect();
            assert_eq!(got, expected);
        };
        check(&[&[("a", "1"), ("b", "1")], &[("b", "2")]], &[("a", 0), ("b", 1)]);
        check(&[&[("a", "1"), ("b", "1")], &[(".wh.b", "")]], &[("a", 0)]);
        check(&[&[("d/", ""), ("d/x", "1"), ("d0", "1")], &[(".wh.d", "")]], &[("d0", 0)]);
        check(
            &[&[("d/", ""), ("d/x", "1")], &[("d/.wh..wh..opq", ""), ("d/y", "2")]],
            &[("d", 0), ("d/y", 1)],
        );
        // A marker hides what is below, also where it comes after the layer's own file.
        check(&[&[("b", "1")], &[("b", "2"), (".wh.b", "")]], &[("b", 1)]);
        // A file in the place of a folder.
        check(&[&[("d/", ""), ("d/x", "1")], &[("d", "2")]], &[("d", 1)]);
        check(&[&[("a", "1")], &[(".wh..wh..opq", "")]], &[]);
    }

    #[test]
    fn reads_configurations_with_nulls() {
        let json =
            r#"{"config":{"Env":null,"Labels":null,"Entrypoint":null,"Cmd":["a"]},"history":null}"#;
        let config: Config = serde_json::from_str(json).unwrap();
        assert_eq!(config.config.cmd, ["a"]);
    }
}
