//! `[image.NAME]`: one image.

use super::door;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{collections::BTreeMap, fmt};

/// One image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Image {
    /// What it is for. Left out, the name says it where it is `dev`, `test`, `profile` or `prod`;
    /// every other name is a product that is shipped
    pub usage: Option<Usage>,
    /// The image of this file that it builds on, instead of a base
    pub from: Option<String>,
    /// What it begins with: `base`, `runtime` or `devel` of `nvidia/cuda`, or any image reference.
    /// Left out, altlas takes the smallest that suffices
    #[serde(deserialize_with = "door::optional::<door::BaseName, _>")]
    pub base: Option<String>,
    /// Whether the base holds cuDNN. Left out, it does where nothing else brings it
    pub cudnn: Option<bool>,
    /// Where Python comes from
    pub python_from: PythonSource,
    /// Requirements files, relative to the config
    #[serde(deserialize_with = "door::list::<door::ContextPath, _>")]
    pub requirements: Vec<String>,
    /// Further Python packages, such as `pytest` or `httpx>=0.28`
    #[serde(deserialize_with = "door::list::<door::PipPackage, _>")]
    pub pip: Vec<String>,
    /// Packages of the distribution, such as `git` or `libgl1`
    #[serde(deserialize_with = "door::list::<door::AptName, _>")]
    pub apt: Vec<String>,
    /// Whether Nsight Systems and Nsight Compute are in it
    pub nsight: bool,
    /// Whether something in it is compiled with `nvcc` or against CUDA's headers
    pub compiles: bool,
    /// Files and folders of the context that it holds
    pub copy: Vec<Copy>,
    /// Model files that it holds
    pub models: Vec<Model>,
    /// TensorRT engines that it holds
    pub engines: Vec<Engine>,
    /// The user that it runs as: a name, or a number and a group such as `10001:10001`
    #[serde(deserialize_with = "door::optional::<door::User, _>")]
    pub user: Option<String>,
    /// Its working folder
    #[serde(deserialize_with = "door::optional::<door::Workdir, _>")]
    pub workdir: Option<String>,
    /// Environment variables
    #[serde(deserialize_with = "door::keys::<door::Variable, _>")]
    pub env: BTreeMap<String, String>,
    /// The program that it runs
    pub entrypoint: Vec<String>,
    /// The arguments of that program
    pub cmd: Vec<String>,
    /// Ports that it listens on
    #[serde(deserialize_with = "door::ports")]
    pub ports: Vec<u16>,
    /// How it is seen that it works
    pub healthcheck: Option<Healthcheck>,
    /// Further labels
    #[serde(deserialize_with = "door::keys::<door::LabelKey, _>")]
    pub labels: BTreeMap<String, String>,
    /// What of the driver it uses, such as `compute` and `utility`. Left out: those two
    #[serde(deserialize_with = "door::list::<door::DriverCapability, _>")]
    pub driver_capabilities: Vec<String>,
}

/// What an image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Usage {
    /// To develop in
    Dev,
    /// To test in
    Test,
    /// To profile in
    Profile,
    /// To ship
    Prod,
}

/// Where an image's Python comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PythonSource {
    /// The distribution where it is its own `python3`, otherwise uv
    #[default]
    Auto,
    /// The distribution's packages
    Distribution,
    /// A standalone build that uv installs: any version on any distribution
    Uv,
    /// The base image has it already
    Base,
}

/// What is copied: `"app"`, or from and to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Copy {
    /// A path of the context, copied under the working folder by the same name
    Path(String),
    /// A path of the context, and where it goes
    FromTo {
        /// The path in the context
        from: String,
        /// The path in the image
        to: String,
    },
}

/// By hand, since an untagged enum says neither what is wrong nor where.
impl<'de> Deserialize<'de> for Copy {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(CopyVisitor)
    }
}

struct CopyVisitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromTo {
    #[serde(deserialize_with = "door::text::<door::ContextPath, _>")]
    from: String,
    #[serde(deserialize_with = "door::text::<door::ImagePath, _>")]
    to: String,
}

impl<'de> de::Visitor<'de> for CopyVisitor {
    type Value = Copy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path such as `\"app\"`, or `{ from = \"app\", to = \"/app\" }`")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Copy, E> {
        <door::ContextPath as door::Rule>::check(path).map_err(E::custom)?;
        Ok(Copy::Path(path.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Copy, A::Error> {
        let FromTo { from, to } = FromTo::deserialize(de::value::MapAccessDeserializer::new(map))?;
        Ok(Copy::FromTo { from, to })
    }
}

fn some_program<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    let program = Vec::<String>::deserialize(source)?;
    match program.first().map(|first| first.trim()) {
        None | Some("") => Err(de::Error::custom("a health check needs a program to run")),
        Some(_) => Ok(program),
    }
}

/// A model file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The file in the context
    #[serde(deserialize_with = "door::text::<door::ContextPath, _>")]
    pub path: String,
    /// Where it goes in the image. Left out: below `/models`
    #[serde(default, deserialize_with = "door::optional::<door::ImagePath, _>")]
    pub to: Option<String>,
    /// Its SHA-256, in hexadecimal digits
    #[serde(default, deserialize_with = "door::optional::<door::Sha256, _>")]
    #[schemars(extend("pattern" = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
}

/// A TensorRT engine: it runs on the kind of GPU and with the TensorRT that it was built with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// The file in the context
    #[serde(deserialize_with = "door::text::<door::ContextPath, _>")]
    pub path: String,
    /// Where it goes in the image. Left out: below `/models`
    #[serde(default, deserialize_with = "door::optional::<door::ImagePath, _>")]
    pub to: Option<String>,
    /// The compute capability of the GPU that it was built on, such as `8.9`
    #[serde(deserialize_with = "door::text::<door::EngineGpu, _>")]
    pub gpu: String,
    /// The TensorRT that it was built with, such as `10.3`
    #[serde(deserialize_with = "door::text::<door::TensorrtVersion, _>")]
    pub tensorrt: String,
    /// Whether it was built to run on other GPUs, or with other versions
    #[serde(default)]
    pub portable: Portable,
    /// Its SHA-256, in hexadecimal digits
    #[serde(default, deserialize_with = "door::optional::<door::Sha256, _>")]
    #[schemars(extend("pattern" = "^[0-9a-fA-F]{64}$"))]
    pub sha256: Option<String>,
}

/// What a TensorRT engine was built to be portable across.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Portable {
    /// Built with hardware compatibility: GPUs of Ampere and newer
    pub gpus: bool,
    /// Built with version compatibility: the same major version of TensorRT
    pub versions: bool,
}

/// How it is seen that an image works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a table such as `{ test = [\"python\", \"-c\", \"import torch\"], interval = \"30s\" }`, with `test` and, where wanted, `interval`, `timeout`, `start_period`, `retries`"
)]
pub struct Healthcheck {
    /// The program and its arguments; it must be in the image
    #[serde(deserialize_with = "some_program")]
    #[schemars(length(min = 1))]
    pub test: Vec<String>,
    /// How often, such as `30s`
    #[serde(default, deserialize_with = "door::optional::<door::Duration, _>")]
    pub interval: Option<String>,
    /// How long it may take, such as `5s`
    #[serde(default, deserialize_with = "door::optional::<door::Duration, _>")]
    pub timeout: Option<String>,
    /// How long failures do not count after the start, such as `60s`
    #[serde(default, deserialize_with = "door::optional::<door::Duration, _>")]
    pub start_period: Option<String>,
    /// How many failures in a row are an error
    #[serde(default)]
    pub retries: Option<u32>,
}

impl Image {
    /// What it is for, by what is written or by its name.
    pub fn usage_or_name(&self, name: &str) -> Usage {
        self.usage.unwrap_or(match name {
            "dev" => Usage::Dev,
            "test" => Usage::Test,
            "profile" => Usage::Profile,
            _ => Usage::Prod,
        })
    }
}
