//! What a lock pins, as far as the files need it: the version of each package.

use std::collections::BTreeMap;

/// The versions in a lock that `cargo altlas image lock` wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    versions: BTreeMap<String, String>,
}

impl Pins {
    /// Reads a file in the form of a requirements file, with one version for each package.
    ///
    /// ```
    /// use image_spec::Pins;
    ///
    /// let pins = Pins::read("torch==2.8.0+cu126 \\\n    --hash=sha256:00\n");
    /// assert_eq!(pins.version("Torch"), Some("2.8.0+cu126"));
    /// ```
    pub fn read(text: &str) -> Self {
        let versions = text.lines().filter_map(|line| {
            let (name, rest) = line.split_once("==")?;
            let name = name.split('[').next().unwrap_or(name).trim();
            let is_name = name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
            let version = rest.split([' ', ';', '\\']).next()?;
            is_name.then(|| (normalized(name), version.to_owned()))
        });
        Self { versions: versions.collect() }
    }

    /// The version of a package, by any spelling of its name.
    pub fn version(&self, package: &str) -> Option<&str> {
        self.versions.get(&normalized(package)).map(String::as_str)
    }
}

fn normalized(name: &str) -> String {
    let parts: Vec<&str> = name.split(['.', '_', '-']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let text = "# a comment == 1\n--index-url https://x/?a==b\n\nnumba_cuda[cu12]==0.30.4 ; x\n\
                    torch==2.8.0 \\\n    --hash=sha256:ab\n    # via ==\n";
        let pins = Pins::read(text);
        assert_eq!(pins.version("numba-cuda"), Some("0.30.4"));
        assert_eq!(pins.version("torch"), Some("2.8.0"));
        assert_eq!(pins.versions.len(), 2);
    }
}
