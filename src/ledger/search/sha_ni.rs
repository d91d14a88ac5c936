//! The last words by the processor's own SHA instructions: for x86 processors that have them and no
//! AVX-512.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi64,
};

use super::lanes::{END, HEADER_BITS, LANES, Midstate};
use super::sha256::{INITIAL, K};

/// Nonces interleaved: an instruction of one waits for its result while those of the others run.
const INTERLEAVED: usize = 4;

/// A state in the order that the instructions take: a, b, e, f and c, d, g, h, from the top.
type State = [__m128i; 2];

/// Four words, the first one lowest.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn four(words: [u32; 4]) -> __m128i {
    let [a, b, c, d] = words.map(u32::cast_signed);
    _mm_set_epi32(d, c, b, a)
}

#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn pack([a, b, c, d, e, f, g, h]: [u32; 8]) -> State {
    [four([f, e, b, a]), four([h, g, d, c])]
}

/// All rounds for each of the interleaved blocks, whose states all begin as `state`.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn compress(state: State, mut blocks: [[__m128i; 4]; INTERLEAVED]) -> [State; INTERLEAVED] {
    let mut states = [state; INTERLEAVED];
    for group in 0..16 {
        let [k0, k1, k2, k3] = std::array::from_fn(|i| K[4 * group + i]);
        let k = four([k0, k1, k2, k3]);
        for (state, block) in states.iter_mut().zip(&mut blocks) {
            let input = _mm_add_epi32(block[group % 4], k);
            let [abef, cdgh] = *state;
            let middle = _mm_sha256rnds2_epu32(cdgh, abef, input);
            let upper = _mm_shuffle_epi32::<0x0e>(input);
            *state = [_mm_sha256rnds2_epu32(abef, middle, upper), middle];
            if group < 12 {
                // The words four groups on take the place of those just used.
                let [w0, w1, w2, w3] = std::array::from_fn(|i| block[(group + i) % 4]);
                let sum = _mm_sha256msg1_epu32(w0, w1);
                let sum = _mm_add_epi32(sum, _mm_alignr_epi8::<4>(w3, w2));
                block[group % 4] = _mm_sha256msg2_epu32(sum, w3);
            }
        }
    }
    states.map(|[abef, cdgh]| [_mm_add_epi32(abef, state[0]), _mm_add_epi32(cdgh, state[1])])
}

/// As [`super::lanes::last_words`].
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
pub(super) fn last_words(mid: &Midstate, low: u32, out: &mut [u32; LANES]) {
    let [w0, w1, w2, w3, w4] = mid.words;
    let [first, zero, end] = [
        four([w0, w1, w2, w3]),
        four([0; 4]),
        four([0, 0, 0, HEADER_BITS]),
    ];
    let padding = [four([END, 0, 0, 0]), four([0, 0, 0, 256])];
    let (state, initial) = (pack(mid.state), pack(INITIAL));
    for (group, words) in (0..)
        .step_by(INTERLEAVED)
        .zip(out.chunks_exact_mut(INTERLEAVED))
    {
        let blocks = std::array::from_fn(|lane| {
            let nonce = low.wrapping_add(group + lane as u32);
            [first, four([w4, nonce, END, 0]), zero, end]
        });
        let hashes = compress(state, blocks).map(|[abef, cdgh]| {
            // Back to the order of the digest: e, f, a, b and g, h, c, d first.
            let efab = _mm_shuffle_epi32::<0b10_11_00_01>(abef);
            let ghcd = _mm_shuffle_epi32::<0b10_11_00_01>(cdgh);
            let abcd = _mm_unpackhi_epi64(efab, ghcd);
            let efgh = _mm_unpacklo_epi64(efab, ghcd);
            [abcd, efgh, padding[0], padding[1]]
        });
        for (word, [_, cdgh]) in words.iter_mut().zip(compress(initial, hashes)) {
            *word = _mm_extract_epi32::<0>(cdgh).cast_unsigned();
        }
    }
}
