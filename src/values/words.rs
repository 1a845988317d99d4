//! Enumerations that are stored and sent as words.

/// Defines an enumeration whose variants each have one stored word and one label for people.
///
/// Gives `ALL`, `as_str`, `label`, `Display`, `FromStr`, and serde as the stored word.
///
/// ```
/// commonweal::text_enum! {
///     /// How far a thing has come.
///     pub enum Stage { Draft = "draft" => "Draft", Open = "open" => "Open for applications" }
/// }
/// assert_eq!("open".parse::<Stage>().unwrap(), Stage::Open);
/// assert_eq!(Stage::Open.label(), "Open for applications");
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal => $label:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $label] $(#[$vmeta])* $variant),+ }
        impl $name {
            /// Every variant, in the order pages list them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The stored word.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $($name::$variant => $word),+ } }
            /// The words shown to people.
            #[must_use]
            pub fn label(self) -> &'static str { match self { $($name::$variant => $label),+ } }
            /// Word and label of every variant, for radios and selects.
            #[must_use]
            pub fn options() -> Vec<(&'static str, &'static str)> { vec![$(($word, $label)),+] }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text { $($word => Ok($name::$variant),)+ _ => Err("Choose one of the answers".to_owned()) }
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> { serializer.serialize_str(self.as_str()) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($word),+] })
            }
        }
    };
}
