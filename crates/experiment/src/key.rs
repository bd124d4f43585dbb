//! Who signs: Ed25519 key pairs, named by their public half. Secret keys are PKCS#8 PEM, which other programs read too.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ExperimentError;
use crate::canonical::{hex, unhex};

const PREFIX: &str = "ed25519:";

/// A public key, written `ed25519:` and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Whether `signature` is this key's over `message`. Strict: no second signature passes for the same message by bending its bytes.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &SignatureBytes) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = ExperimentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.strip_prefix(PREFIX).and_then(unhex::<32>);
        bytes
            .filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()))
            .map(Self)
            .ok_or_else(|| ExperimentError::PublicKey { found: text.to_owned() })
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The 64 bytes of a signature, written as 128 hex digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignatureBytes([u8; 64]);

impl fmt::Debug for SignatureBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl Serialize for SignatureBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for SignatureBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        unhex(&text).map(Self).ok_or_else(|| de::Error::custom("expected a signature of 128 hex digits in lower case"))
    }
}

/// A signature with the key that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Whose it is.
    pub key: PublicKey,
    /// The signature.
    pub signature: SignatureBytes,
}

/// A secret key. It is never shown and never part of an entry.
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret half of {}", self.public())
    }
}

impl SecretKey {
    /// The key that 32 unpredictable bytes make.
    #[must_use]
    pub fn from_entropy(bytes: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&bytes))
    }

    /// Reads PKCS#8 PEM; `path` is named when it is none.
    ///
    /// # Errors
    /// [`ExperimentError::SecretKey`] where the text is something else.
    pub fn from_pem(path: &Path, text: &str) -> Result<Self, ExperimentError> {
        SigningKey::from_pkcs8_pem(text)
            .map(Self)
            .map_err(|error| ExperimentError::SecretKey { path: path.to_path_buf(), reason: error.to_string() })
    }

    /// The key as PKCS#8 PEM.
    ///
    /// # Errors
    /// [`ExperimentError::SecretKey`] where it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, ExperimentError> {
        let encoded = self.0.to_pkcs8_pem(LineEnding::LF);
        encoded
            .map(|text| text.as_str().to_owned())
            .map_err(|error| ExperimentError::SecretKey { path: "the new key".into(), reason: error.to_string() })
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signed {
        Signed { key: self.public(), signature: SignatureBytes(self.0.sign(message).to_bytes()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_survives_its_file() {
        let key = SecretKey::from_entropy([7; 32]);
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{pem}");
        let back = SecretKey::from_pem(Path::new("a.key"), &pem).unwrap();
        assert_eq!(back.public(), key.public());
        let wrong = SecretKey::from_pem(Path::new("a.key"), "no key").unwrap_err().to_string();
        assert!(wrong.contains("a.key") && wrong.contains("PKCS#8"), "{wrong}");
    }

    #[test]
    fn a_signature_is_checked_as_in_the_standard() {
        // RFC 8032, section 7.1, test 2.
        let secret = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").unwrap();
        let key = SecretKey::from_entropy(secret);
        assert_eq!(key.public().to_string(), "ed25519:3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signed = key.sign(&[0x72]);
        assert!(
            format!("{:?}", signed.signature).starts_with("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
        );
        assert!(signed.key.has_signed(&[0x72], &signed.signature));
        assert!(!signed.key.has_signed(&[0x73], &signed.signature));
    }

    #[test]
    fn a_weak_key_is_none() {
        // The neutral element signs anything.
        assert!(format!("{PREFIX}01{}", "00".repeat(31)).parse::<PublicKey>().is_err());
    }
}
