//! What a command installs with pip or uv.

use super::{ShellCommand, Word};

/// `pip install`, `python3.11 -m pip install`, `uv pip install` and their like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pip<'a> {
    /// What is called.
    pub(crate) program: PipProgram<'a>,
    /// `install`, `sync`, `download`, `wheel`, `uninstall` and so on; `add` and `tool` of uv.
    pub(crate) action: &'a str,
    /// Whether it is `uv pip …` and not uv's own.
    pub(crate) is_uv_pip: bool,
    /// What is asked for by name: `torch==2.7.1`, also a path or an address.
    pub(crate) requirements: Vec<&'a Word>,
    /// `-r FILE`
    pub(crate) files: Vec<&'a Word>,
    /// `-c FILE`
    pub(crate) constraints: Vec<&'a Word>,
    /// `-e PATH`
    pub(crate) editable: Vec<&'a Word>,
    /// `-i URL`
    pub(crate) index: Option<&'a str>,
    /// `--extra-index-url URL`
    pub(crate) extra_indexes: Vec<&'a str>,
    /// `-f URL`
    pub(crate) find_links: Vec<&'a str>,
    /// `--no-binary NAMES`
    pub(crate) no_binary: Option<&'a str>,
    /// `--python VERSION` of uv.
    pub(crate) python: Option<&'a str>,
    /// `--torch-backend NAME` of uv.
    pub(crate) torch_backend: Option<&'a str>,
    /// `--target FOLDER` and `--prefix FOLDER`
    pub(crate) folder: Option<&'a str>,
    /// All options, without their values.
    pub(crate) options: Vec<&'a str>,
}

/// What is called to install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PipProgram<'a> {
    /// `pip`, `pip3`, `pip3.11`, `/opt/venv/bin/pip`: as it is written.
    Pip(&'a str),
    /// `python3.11 -m pip`: the Python as it is written.
    Python(&'a str),
    /// `uv pip`, `uv add` and `uv sync`.
    Uv,
}

impl<'a> PipProgram<'a> {
    /// The name without its folder.
    pub(crate) fn name(&self) -> &'a str {
        match self {
            Self::Pip(path) | Self::Python(path) => path.rsplit('/').next().unwrap_or(path),
            Self::Uv => "uv",
        }
    }

    /// The version in the name: `3.11` of `pip3.11`, `3` of `pip3`.
    pub(crate) fn version(&self) -> Option<&'a str> {
        let digits = self.name().trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        Some(digits).filter(|digits| !digits.is_empty())
    }
}

/// Options that take a value, and those of them that are kept.
const VALUED: &[&str] = &[
    "--abi",
    "--build",
    "--cache-dir",
    "--cert",
    "--client-cert",
    "--config-settings",
    "--constraint",
    "--editable",
    "--exists-action",
    "--extra-index-url",
    "--find-links",
    "--global-option",
    "--implementation",
    "--index-strategy",
    "--index-url",
    "--install-option",
    "--link-mode",
    "--no-binary",
    "--no-build-isolation-package",
    "--only-binary",
    "--platform",
    "--prefix",
    "--prerelease",
    "--progress-bar",
    "--proxy",
    "--python",
    "--python-version",
    "--report",
    "--requirement",
    "--retries",
    "--root",
    "--root-user-action",
    "--src",
    "--target",
    "--timeout",
    "--torch-backend",
    "--trusted-host",
    "--upgrade-strategy",
    "--use-feature",
    "--default-timeout",
    "--extra",
    "--group",
    "--index",
    "--default-index",
    "--requirements",
    "--constraints",
    "-C",
    "-c",
    "-d",
    "-e",
    "-f",
    "-i",
    "-p",
    "-r",
    "-t",
];

impl<'a> Pip<'a> {
    /// What a command asks for; `None` where it is no call of pip or uv.
    pub(crate) fn of(command: &'a ShellCommand) -> Option<Self> {
        let (program, words) = called(command)?;
        let words_before = words.get(..2.min(words.len())).unwrap_or_default();
        let (action, words) = action(words)?;
        let mut found = Self {
            program,
            action,
            is_uv_pip: program == PipProgram::Uv
                && words_before.iter().any(|word| word.text == "pip"),
            requirements: Vec::new(),
            files: Vec::new(),
            constraints: Vec::new(),
            editable: Vec::new(),
            index: None,
            extra_indexes: Vec::new(),
            find_links: Vec::new(),
            no_binary: None,
            python: None,
            torch_backend: None,
            folder: None,
            options: Vec::new(),
        };
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let text = word.text.as_str();
            if !text.starts_with('-') || text == "-" {
                if !text.is_empty() {
                    found.requirements.push(word);
                }
                continue;
            }
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some((word, value))),
                // `-rrequirements.txt`
                None if !text.starts_with("--") && text.len() > 2 => {
                    let at = text.char_indices().nth(2).map_or(text.len(), |(at, _)| at);
                    let (name, value) = text.split_at(at);
                    let glued = ["-r", "-c", "-e", "-f", "-i", "-t"].contains(&name);
                    if glued { (name, Some((word, value))) } else { (text, None) }
                }
                None => (text, None),
            };
            let value = match value {
                None if VALUED.contains(&name) => {
                    rest.next().map(|word| (word, word.text.as_str()))
                }
                value => value,
            };
            found.options.push(name);
            found.option(name, value);
        }
        Some(found)
    }

    fn option(&mut self, name: &str, value: Option<(&'a Word, &'a str)>) {
        let Some((word, text)) = value else { return };
        match name {
            "-r" | "--requirement" | "--requirements" => self.files.push(word),
            "-c" | "--constraint" | "--constraints" => self.constraints.push(word),
            "-e" | "--editable" => self.editable.push(word),
            "-i" | "--index-url" | "--default-index" => self.index = Some(text),
            "--extra-index-url" | "--index" => self.extra_indexes.push(text),
            "-f" | "--find-links" => self.find_links.push(text),
            "--no-binary" => self.no_binary = Some(text),
            "-p" | "--python" => self.python = Some(text),
            "-t" | "--target" | "--prefix" | "--root" => self.folder = Some(text),
            "--torch-backend" => self.torch_backend = Some(text),
            _ => {}
        }
    }

    /// Whether it installs something.
    pub(crate) fn installs(&self) -> bool {
        matches!(self.action, "install" | "sync" | "add")
    }

    /// Whether an option is given.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|option| names.contains(option))
    }

    /// Whether wheels of a folder are taken, and nothing is said of what an index has: with
    /// `--no-index`, or `--find-links` to a folder.
    pub(crate) fn takes_local_wheels(&self) -> bool {
        self.has(&["--no-index"]) || self.find_links.iter().any(|page| is_folder(page))
    }

    /// The page that says which build is meant: the index, else the first further one, else the links.
    pub(crate) fn index_page(&self) -> Option<&'a str> {
        self.index.or(self.extra_indexes.first().copied()).or(self.find_links.first().copied())
    }
}

/// Whether an index or a page of links is a folder of this image.
pub(crate) fn is_folder(page: &str) -> bool {
    page.starts_with(['/', '.']) || page.starts_with("file:") || !page.contains(['$', ':'])
}

/// What is called, and the words behind it.
fn called(command: &ShellCommand) -> Option<(PipProgram<'_>, &[Word])> {
    let path = command.words.first()?.text.as_str();
    let words = command.arguments();
    let name = command.program();
    let is_version = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if name.strip_prefix("pip").is_some_and(is_version) {
        return Some((PipProgram::Pip(path), words));
    }
    if name.strip_prefix("python").is_some_and(is_version) {
        let at = words.windows(2).position(|pair| {
            matches!(pair, [option, module] if option.text == "-m" && matches!(module.text.as_str(), "pip" | "uv"))
        })?;
        // Options of Python itself stand before it: `python -u -m pip`.
        let own = words.get(..at)?.iter().all(|word| word.text.starts_with('-'));
        let is_uv = words.get(at + 1).is_some_and(|word| word.text == "uv");
        let rest = words.get(at + 2..)?;
        return own
            .then_some((if is_uv { PipProgram::Uv } else { PipProgram::Python(path) }, rest));
    }
    (name == "uv").then_some((PipProgram::Uv, words))
}

/// What it is called to do, and the words behind that.
fn action(words: &[Word]) -> Option<(&str, &[Word])> {
    let mut at = 0;
    loop {
        let text = words.get(at)?.text.as_str();
        if VALUED.contains(&text) {
            at += 2;
        } else if text.starts_with('-') || text == "pip" {
            at += 1;
        } else {
            return Some((text, words.get(at + 1..).unwrap_or_default()));
        }
    }
}
