//! What is wished for, and where each wish is written: the config, a Dockerfile, the options. What
//! comes later takes the place of what came before.

use super::{SolveArgs, hand_written::HandWritten};
use crate::{
    config::{self, ConfigFile, GpuName},
    environment,
    finding::Place,
};
use anyhow::{Context, anyhow};
use cuda_compat::{
    Contradiction, DriverVersion, DriverWish, Framework, FrameworkWish, GpuCapability, Wish, Wishes,
};
use jiff::civil::Date;
use pep440_rs::VersionSpecifiers;
use std::collections::BTreeMap;

/// What is wished for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) wishes: Wishes,
    /// Where a wish is written, by the name of what it is about.
    origins: BTreeMap<String, Origin>,
    /// What a Dockerfile says and is no wish, because its support is over.
    pub(super) left_free: BTreeMap<&'static str, String>,
    /// Keys of `[cuda]` that options set, and their values as they were written.
    pub(super) driver_given: Option<DriverVersion>,
    pub(super) gpus_given: Vec<String>,
}

/// Where a wish is written.
#[derive(Debug, Clone)]
enum Origin {
    Key(Vec<String>),
    Place(image_spec::Place),
    Option(&'static str),
}

impl Wanted {
    pub(super) fn on(today: Date) -> Self {
        Self {
            wishes: Wishes::on(today),
            origins: BTreeMap::new(),
            left_free: BTreeMap::new(),
            driver_given: None,
            gpus_given: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let empty = Wishes::on(self.wishes.today);
        self.wishes == empty
    }

    /// The wishes of `[cuda]` and `[frameworks]`.
    pub(super) fn add_config(&mut self, file: &ConfigFile) {
        let cuda = &file.config.cuda;
        let fleet = file.config.fleet();
        self.wishes.cuda = cuda.version.and_then(|it| line(&it.to_string()));
        self.wishes.python = cuda.python.and_then(|it| line(&it.to_string()));
        self.wishes.cudnn = cuda.cudnn;
        self.wishes.os = cuda.os.clone();
        self.wishes.driver = fleet
            .driver
            .zip(fleet.platform)
            .map(|(version, platform)| DriverWish { version, platform });
        self.wishes.gpus = fleet.gpus.iter().map(capability).collect();
        for (name, key) in [
            ("CUDA", "version"),
            ("Python", "python"),
            ("cuDNN", "cudnn"),
            ("distribution", "os"),
            ("driver", "driver"),
            ("GPU", "gpus"),
        ] {
            self.came_from(name, Origin::Key(vec!["cuda".to_owned(), key.to_owned()]));
        }
        // The order in which they are written is the order in which they matter.
        let mut written: Vec<((u32, u32), Framework)> = file
            .config
            .frameworks
            .0
            .keys()
            .map(|framework| (file.locate(&framework_key(*framework)), *framework))
            .collect();
        written.sort();
        for (_, framework) in written {
            let Some(range) = file.config.frameworks.0.get(&framework) else { continue };
            let origin = Origin::Key(framework_key(framework));
            self.framework(framework, range.clone(), origin);
        }
    }

    /// The wishes of a Dockerfile.
    pub(super) fn add_hand_written(&mut self, file: &HandWritten) {
        if let Some(python) = &file.python {
            self.wishes.python = line(&python.value.to_string());
            self.came_from("Python", Origin::Place(python.place.clone()));
        }
        if let Some(cuda) = &file.cuda {
            self.wishes.cuda = line(&cuda.value.to_string());
            self.came_from("CUDA", Origin::Place(cuda.place.clone()));
        }
        if let Some(os) = &file.os {
            self.wishes.os = Some(os.value.clone());
            self.came_from("distribution", Origin::Place(os.place.clone()));
        }
        let mut seen = Vec::new();
        for (framework, asked) in &file.frameworks {
            if seen.contains(framework) {
                // Another line for the same framework: both ranges hold.
                self.wishes.frameworks.push(FrameworkWish::new(*framework, asked.value.clone()));
                continue;
            }
            seen.push(*framework);
            self.framework(*framework, asked.value.clone(), Origin::Place(asked.place.clone()));
        }
        self.left_free.extend(file.left_free.clone());
    }

    /// The wishes of the options.
    pub(super) fn add_options(&mut self, args: &SolveArgs) -> anyhow::Result<()> {
        for text in &args.framework {
            let (framework, range) = framework_range(text)?;
            self.framework(framework, range, Origin::Option("--framework"));
        }
        if let Some(text) = &args.python {
            self.wishes.python = range(text, "--python", "Python")?;
            self.came_from("Python", Origin::Option("--python"));
        }
        if let Some(text) = &args.cuda {
            self.wishes.cuda = range(text, "--cuda", "CUDA")?;
            self.came_from("CUDA", Origin::Option("--cuda"));
        }
        if let Some(text) = &args.cudnn {
            self.wishes.cudnn = named(text).map(str::parse).transpose().context("`--cudnn`")?;
            self.came_from("cuDNN", Origin::Option("--cudnn"));
        }
        if let Some(text) = &args.os {
            self.wishes.os = named(text).map(str::to_owned);
            self.came_from("distribution", Origin::Option("--os"));
        }
        if let Some(text) = &args.flavour {
            self.wishes.flavour = Some(text.parse().context("`--flavour`")?);
            self.came_from("flavour", Origin::Option("--flavour"));
        }
        if let Some(text) = &args.driver {
            self.driver_given = named(text).map(driver).transpose()?;
            self.wishes.driver = self
                .driver_given
                .map(|version| DriverWish { version, platform: config::platform(version) });
            self.came_from("driver", Origin::Option("--driver"));
        }
        if !args.gpu.is_empty() {
            let names: Result<Vec<GpuName>, String> =
                args.gpu.iter().cloned().map(GpuName::try_from).collect();
            let names = names.map_err(|reason| anyhow!("`--gpu`: {reason}"))?;
            self.wishes.gpus = names
                .iter()
                .flat_map(|name| config::gpus(&name.0))
                .map(|gpu| capability(&gpu))
                .collect();
            self.gpus_given = args.gpu.clone();
            self.came_from("GPU", Origin::Option("--gpu"));
        }
        Ok(())
    }

    /// A framework takes the place of an earlier wish for it.
    fn framework(&mut self, framework: Framework, range: VersionSpecifiers, origin: Origin) {
        let wish = FrameworkWish::new(framework, range);
        let is_known = self.origins.insert(framework.to_string(), origin).is_some();
        let mut same = self.wishes.frameworks.iter_mut().filter(|it| it.framework == framework);
        match same.next().filter(|_| is_known) {
            Some(known) => *known = wish,
            None => self.wishes.frameworks.push(wish),
        }
    }

    fn came_from(&mut self, name: &str, origin: Origin) {
        self.left_free.remove(name);
        self.origins.insert(name.to_owned(), origin);
    }

    fn origin(&self, wish: &Wish) -> Option<&Origin> {
        self.origins.get(&about(wish))
    }

    /// Where a wish is written, in words; `None` where nobody wrote it.
    pub(super) fn written(&self, wish: &Wish) -> Option<String> {
        Some(match self.origin(wish)? {
            Origin::Key(path) => format!("[{}] {}", path.first()?, path.last()?),
            Origin::Option(name) => (*name).to_owned(),
            Origin::Place(image_spec::Place::File { path, line, .. }) => {
                format!("{}:{line}", path.display())
            }
            Origin::Place(image_spec::Place::Key { path }) => path.join("."),
        })
    }

    /// The place of the first wish of a contradiction that somebody wrote.
    pub(super) fn place_of_first(
        &self,
        found: &Contradiction,
        config: Option<&ConfigFile>,
    ) -> Place {
        let origins = found.clashes.iter().filter_map(|clash| self.origin(&clash.wish));
        let mut places = origins.map(|origin| match (origin, config) {
            (Origin::Key(path), Some(file)) => {
                let (line, column) = file.locate(path);
                let folder = environment::folder();
                let path = file.path.strip_prefix(&folder).unwrap_or(&file.path);
                Place::Line { path: path.display().to_string(), line, column }
            }
            (Origin::Key(path), None) => Place::Path { path: path.join(".") },
            (Origin::Option(name), _) => Place::Path { path: (*name).to_owned() },
            (Origin::Place(place), _) => super::super::check::place(place.clone(), config),
        });
        places.next().unwrap_or(Place::Path { path: "the wishes".to_owned() })
    }
}

/// What a wish is about.
fn about(wish: &Wish) -> String {
    match wish {
        Wish::Framework(wish) => wish.framework.to_string(),
        Wish::Python(_) => "Python".to_owned(),
        Wish::Cuda(_) => "CUDA".to_owned(),
        Wish::Cudnn(_) => "cuDNN".to_owned(),
        Wish::Gpu(_) => "GPU".to_owned(),
        Wish::Driver(_) => "driver".to_owned(),
        Wish::Os(_) => "distribution".to_owned(),
        Wish::SupportedOs(_) => "support".to_owned(),
        Wish::Flavour(_) => "flavour".to_owned(),
    }
}

fn framework_key(framework: Framework) -> Vec<String> {
    vec!["frameworks".to_owned(), framework.to_string()]
}

/// `12.6` means every 12.6.
fn line(text: &str) -> Option<VersionSpecifiers> {
    image_spec::version_range(text).ok()
}

fn named(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| *text != "any" && !text.is_empty())
}

fn range(text: &str, option: &str, what: &str) -> anyhow::Result<Option<VersionSpecifiers>> {
    let Some(text) = named(text) else { return Ok(None) };
    let found = image_spec::version_range(text);
    found
        .map(Some)
        .map_err(|_| anyhow!("`{option}`: `{text}` is not a version of {what} or a range of them"))
}

fn driver(text: &str) -> anyhow::Result<DriverVersion> {
    let version = match text.parse::<u32>() {
        Ok(branch) => DriverVersion::of_branch(branch),
        Err(_) => text.parse().context("`--driver`")?,
    };
    // As in the config: older ones run no CUDA that the tables know.
    if (400..1000).contains(&version.branch) {
        return Ok(version);
    }
    Err(anyhow!("`--driver`: no driver {text} runs CUDA 11 or newer"))
}

/// `torch>=2.6`, `torch`, `cudf-cu12>=25`.
fn framework_range(text: &str) -> anyhow::Result<(Framework, VersionSpecifiers)> {
    let text = text.trim();
    let end = text.find(|letter: char| "<>=!~ ".contains(letter)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let known = name.parse::<Framework>();
    let framework = match Framework::of_package(name) {
        Some(framework) => framework,
        None => known.context("`--framework`")?,
    };
    let range =
        image_spec::version_range(rest).map_err(|reason| anyhow!("`--framework`: {reason}"))?;
    Ok((framework, range))
}

fn capability(gpu: &image_spec::Gpu) -> GpuCapability {
    GpuCapability {
        name: gpu.name.clone(),
        capability: gpu.capability,
        data_center: gpu.data_center,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frameworks_are_read() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let got = framework_range(text).ok();
            let got = got.map(|(framework, range)| (framework.to_string(), range.to_string()));
            let expected = expected.map(|(name, range)| (name.to_owned(), range.to_owned()));
            assert_eq!(got, expected, "{text}");
        };
        check("torch", Some(("torch", "")));
        check("torch>=2.6,<2.9", Some(("torch", ">=2.6, <2.9")));
        check("torch >= 2.6", Some(("torch", ">=2.6")));
        check("cudf-cu12==25.8.0", Some(("rapids", "==25.8.0")));
        check("rapids", Some(("rapids", "")));
        check("caffe", None);
        check("torch>=", None);
        check("", None);
    }

    #[test]
    fn drivers_are_read() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(driver(text).ok().map(|it| it.to_string()).as_deref(), expected, "{text}");
        };
        check("550", Some("550.0"));
        check("550.54.15", Some("550.54.15"));
        check("12", None);
        check("new", None);
    }
}
