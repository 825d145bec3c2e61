//! What a new password has to be.

use std::fmt;

/// What a new password has to be, beside what
/// [`AccountsOptions`](crate::AccountsOptions) demand of every password.
///
/// ```
/// use allmende_accounts::PasswordPolicy;
///
/// let policy = PasswordPolicy { min_length: 10, number: true, ..PasswordPolicy::default() };
/// assert!(policy.check("correct horse 7").is_ok());
/// assert_eq!(
///     policy.check("horse").unwrap_err().to_string(),
///     "Password needs to be at least 10 characters long. \
///      Password needs to contain at least one numeric character.",
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Characters at the least.
    pub min_length: usize,
    /// Whether it needs a digit.
    pub number: bool,
    /// Whether it needs a small and a capital letter.
    pub both_cases: bool,
    /// Whether it needs something that is neither a letter nor a digit.
    pub special: bool,
}

impl Default for PasswordPolicy {
    /// Ten characters of any kind.
    fn default() -> Self {
        Self { min_length: 10, number: false, both_cases: false, special: false }
    }
}

/// What a password lacks; as text, sentences for the person who chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeakPassword {
    /// What it lacks, at least one.
    pub lacks: Vec<Lack>,
}

/// One thing that a password lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// So many characters.
    Length(usize),
    /// A digit.
    Number,
    /// A small and a capital letter.
    BothCases,
    /// Something that is neither a letter nor a digit.
    Special,
}

impl PasswordPolicy {
    /// Checks a password.
    ///
    /// # Errors
    /// With everything that it lacks.
    pub fn check(&self, password: &str) -> Result<(), WeakPassword> {
        let has = |is: fn(char) -> bool| password.chars().any(is);
        let mut lacks = Vec::new();
        if password.chars().count() < self.min_length {
            lacks.push(Lack::Length(self.min_length));
        }
        if self.both_cases && !(has(char::is_lowercase) && has(char::is_uppercase)) {
            lacks.push(Lack::BothCases);
        }
        if self.number && !has(|c| c.is_ascii_digit()) {
            lacks.push(Lack::Number);
        }
        if self.special && !has(|c| !c.is_alphanumeric() && !c.is_control()) {
            lacks.push(Lack::Special);
        }
        if lacks.is_empty() { Ok(()) } else { Err(WeakPassword { lacks }) }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => {
                write!(f, "Password needs to be at least {length} characters long.")
            }
            Self::Number => {
                f.write_str("Password needs to contain at least one numeric character.")
            }
            Self::BothCases => f.write_str(
                "Password needs to contain at least one lower and one upper case character.",
            ),
            Self::Special => {
                f.write_str("Password needs to contain at least one special character.")
            }
        }
    }
}

impl fmt::Display for WeakPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, lack) in self.lacks.iter().enumerate() {
            write!(f, "{}{lack}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl std::error::Error for WeakPassword {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn everything_that_is_lacking_is_said() {
        let all = PasswordPolicy { min_length: 8, number: true, both_cases: true, special: true };
        let lacks = |password: &str| all.check(password).map_err(|weak| weak.lacks);
        assert_eq!(lacks("Passw0rd!"), Ok(()));
        assert_eq!(
            lacks(""),
            Err(vec![Lack::Length(8), Lack::BothCases, Lack::Number, Lack::Special])
        );
        assert_eq!(lacks("passwort7!"), Err(vec![Lack::BothCases]));
        assert_eq!(lacks("ÄÖÜäöüß7"), Err(vec![Lack::Special]));
        assert_eq!(lacks("Passwort "), Err(vec![Lack::Number]));
    }

    proptest! {
        #[test]
        fn who_adds_to_a_fit_password_has_a_fit_one(password in "\\PC{0,16}", more in "\\PC{0,4}") {
            let policy = PasswordPolicy { min_length: 6, number: true, both_cases: true, special: true };
            if policy.check(&password).is_ok() {
                let longer = format!("{password}{more}");
                prop_assert!(policy.check(&longer).is_ok());
            }
        }
    }
}
