//! `[frameworks]`: the frameworks that images hold.

use cuda_compat::Framework;
use pep440_rs::VersionSpecifiers;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, collections::BTreeMap};

/// The frameworks by name, with the versions that are allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frameworks(pub(crate) BTreeMap<Framework, VersionSpecifiers>);

impl Serialize for Frameworks {
    fn serialize<S: Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
        into.collect_map(self.0.iter().map(|(name, range)| (name.to_string(), range.to_string())))
    }
}

impl<'de> Deserialize<'de> for Frameworks {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let written = BTreeMap::<String, String>::deserialize(source)?;
        let read = |(name, text): (String, String)| {
            // Unknown names are found before, with their place.
            let framework = name.parse().map_err(D::Error::custom)?;
            Ok((framework, image_spec::version_range(&text).map_err(D::Error::custom)?))
        };
        written.into_iter().map(read).collect::<Result<_, D::Error>>().map(Self)
    }
}

impl JsonSchema for Frameworks {
    fn schema_name() -> Cow<'static, str> {
        "Frameworks".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: serde_json::Map<String, serde_json::Value> = Framework::ALL
            .iter()
            .map(|framework| (framework.to_string(), serde_json::json!({ "type": "string" })))
            .collect();
        json_schema!({
            "description": "A range of versions for each framework, such as `2.8` or `>=2.6,<2.9`",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}
