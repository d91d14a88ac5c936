//! Which code searches: the best that the processor has.

use super::lanes::{self, LANES, Midstate};
#[cfg(target_arch = "x86_64")]
use super::sha_ni;

/// A way to search, which this processor can run. Whichever it is, the same nonce is found.
///
/// ```
/// use tickchain::ledger::search::Path;
/// assert_eq!(Path::best(), Path::available()[0]);
/// assert_eq!(Path::available().last().map(|path| path.name()), Some("portable"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path(Kind);

// `Kind` is private, and `Path::available` alone makes a `Path`: none stands for what the processor lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    ShaNi,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Path {
    /// Every path this processor can run, fastest first.
    pub fn available() -> Vec<Self> {
        let mut kinds = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                kinds.push(Kind::Avx512);
            }
            if is_x86_feature_detected!("sha")
                && is_x86_feature_detected!("ssse3")
                && is_x86_feature_detected!("sse4.1")
            {
                kinds.push(Kind::ShaNi);
            }
            if is_x86_feature_detected!("avx2") {
                kinds.push(Kind::Avx2);
            }
        }
        kinds.push(Kind::Portable);
        kinds.into_iter().map(Self).collect()
    }

    /// The fastest path this processor can run.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// A short name: `avx512`, `sha-ni`, `avx2` or `portable`, which is what the compiler makes for
    /// any processor of the target (on 64-bit ARM that includes NEON).
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::ShaNi => "sha-ni",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            Kind::Portable => "portable",
        }
    }

    /// The last word of the double hash of each nonce from `low` on.
    pub(super) fn last_words(self, mid: &Midstate, low: u32, out: &mut [u32; LANES]) {
        #[cfg(target_arch = "x86_64")]
        {
            #[expect(
                unsafe_code,
                reason = "calls code for processors with features of their own"
            )]
            // SAFETY: a `Path` of these kinds is made by `Path::available` alone, and only after the
            // processor was seen to have the features that the function called is compiled for.
            unsafe {
                match self.0 {
                    Kind::Avx512 => avx512(mid, low, out),
                    Kind::ShaNi => sha_ni::last_words(mid, low, out),
                    Kind::Avx2 => avx2(mid, low, out),
                    Kind::Portable => portable(mid, low, out),
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        portable(mid, low, out);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx512f")]
fn avx512(mid: &Midstate, low: u32, out: &mut [u32; LANES]) {
    lanes::last_words(mid, low, out);
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx2")]
fn avx2(mid: &Midstate, low: u32, out: &mut [u32; LANES]) {
    lanes::last_words(mid, low, out);
}

#[inline(never)]
fn portable(mid: &Midstate, low: u32, out: &mut [u32; LANES]) {
    lanes::last_words(mid, low, out);
}
