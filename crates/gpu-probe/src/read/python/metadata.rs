//! The metadata that an installer leaves beside a package.

/// What is needed of a `METADATA` file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::read) struct Metadata {
    /// Normalised.
    pub(super) name: String,
    pub(super) version: String,
    /// The exact pins: normalised name and version, as in `nvidia-cuda-runtime-cu12==12.6.77`.
    pub(super) pins: Vec<(String, String)>,
}

/// Reads the headers. `Err` says what they lack.
pub(in crate::read) fn parse_metadata(text: &str) -> Result<Metadata, &'static str> {
    if text.contains('\0') {
        return Err("its metadata is not text in UTF-8");
    }
    let mut metadata = Metadata::default();
    let headers = text.trim_start_matches('\u{feff}').lines();
    // The description of the package follows after an empty line.
    for line in headers.take_while(|line| !line.trim().is_empty()) {
        let Some((header, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match header.to_ascii_lowercase().as_str() {
            "name" => metadata.name = normalise(value),
            "version" => value.clone_into(&mut metadata.version),
            "requires-dist" => metadata.pins.extend(parse_pin(value)),
            _ => {}
        }
    }
    if metadata.name.is_empty() {
        return Err("its metadata has no name");
    }
    if metadata.version.is_empty() {
        return Err("its metadata has no version");
    }
    Ok(metadata)
}

/// `nvidia-cuda-runtime-cu12==12.6.77; platform_system == "Linux"` and `name (==1.0)`.
fn parse_pin(requirement: &str) -> Option<(String, String)> {
    let requirement = requirement.split(';').next()?;
    let (name, version) = requirement.split_once("==")?;
    let name = name.split(['[', '(']).next()?;
    let version = version.trim().trim_end_matches(')').trim();
    let is_exact = !version.is_empty() && !version.contains(['*', ',', '=']);
    is_exact.then(|| (normalise(name), version.to_owned()))
}

/// The one spelling of a package's name (PEP 503): lower case, runs of `-`, `_` and `.` as `-`.
pub(in crate::read) fn normalise(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.trim().chars() {
        match letter {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            letter => normal.extend(letter.to_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Name, version and pins.
    type Expected<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    #[test]
    fn normalises_names() {
        let check = |name: &str, expected: &str| assert_eq!(normalise(name), expected);
        check("nvidia_cudnn_cu12", "nvidia-cudnn-cu12");
        check("Flash__.-Attn", "flash-attn");
        check(" torch ", "torch");
        check("", "");
    }

    #[test]
    fn reads_metadata() {
        let check = |text: &str, expected: Result<Expected<'_>, &str>| {
            let got = parse_metadata(text);
            let own = |text: &str| text.to_owned();
            let expected = expected.map(|(name, version, pins)| Metadata {
                name: own(name),
                version: own(version),
                pins: pins.iter().map(|(name, version)| (own(name), own(version))).collect(),
            });
            assert_eq!(got, expected, "{text:?}");
        };
        let torch = "Metadata-Version: 2.1\nName: torch\nVersion: 2.9.1+cu126\n\
            Requires-Dist: filelock\n\
            Requires-Dist: typing-extensions>=4.10.0\n\
            Requires-Dist: setuptools; python_version >= \"3.12\"\n\
            Requires-Dist: nvidia-cuda-runtime-cu12==12.6.77; platform_system == \"Linux\"\n\
            Requires-Dist: triton==3.5.1; platform_system == \"Linux\" and python_version == \"3.11\"\n\
            \n# PyTorch\nName: other\n";
        let pins = [("nvidia-cuda-runtime-cu12", "12.6.77"), ("triton", "3.5.1")];
        check(torch, Ok(("torch", "2.9.1+cu126", &pins)));
        check(&torch.replace('\n', "\r\n"), Ok(("torch", "2.9.1+cu126", &pins)));
        let of_13 = "Name: torch\nVersion: 2.15.0\nRequires-Dist: cuda-bindings<14,>=13.0.3\n\
            Requires-Dist: cuda-toolkit[cublas,cudart]==13.2.2; platform_system == \"Linux\"\n";
        check(of_13, Ok(("torch", "2.15.0", &[("cuda-toolkit", "13.2.2")])));
        check("name: A_b\nVERSION: 1\n", Ok(("a-b", "1", &[])));
        check(
            "Name: a\nVersion: 1\nRequires-Dist: b[x] (==2.0)\n",
            Ok(("a", "1", &[("b", "2.0")])),
        );
        check(
            "Name: a\nVersion: 1\nRequires-Dist: b==2.*\nRequires-Dist: c===1",
            Ok(("a", "1", &[])),
        );
        check("Name: a\nVersion:\n", Err("its metadata has no version"));
        check("Version: 1\n", Err("its metadata has no name"));
        check("", Err("its metadata has no name"));
        check("N\0a\0m\0e\0:\0", Err("its metadata is not text in UTF-8"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s).*") {
            let _ = parse_metadata(&text);
            let _ = parse_metadata(&format!("Name: a\nVersion: 1\nRequires-Dist: {text}"));
            let _ = parse_pin(&text);
        }
    }
}
