//! SHA-256's rounds ([FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4), section 6.2), for the search
//! alone: what it finds is checked with `sha2`.

/// The round constants.
pub(super) static K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The state before the first block.
pub(super) const INITIAL: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

#[inline(always)]
fn ch(e: u32, f: u32, g: u32) -> u32 {
    g ^ (e & (f ^ g))
}

/// Written so that the next round can use `a ^ b` again, which counts where there is no instruction
/// for any function of three bits.
#[inline(always)]
fn maj(a: u32, b: u32, c: u32) -> u32 {
    b ^ ((a ^ b) & (b ^ c))
}

#[inline(always)]
fn big_sigma_0(x: u32) -> u32 {
    x.rotate_right(2) ^ x.rotate_right(13) ^ x.rotate_right(22)
}

#[inline(always)]
fn big_sigma_1(x: u32) -> u32 {
    x.rotate_right(6) ^ x.rotate_right(11) ^ x.rotate_right(25)
}

#[inline(always)]
fn small_sigma_0(x: u32) -> u32 {
    x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3)
}

#[inline(always)]
fn small_sigma_1(x: u32) -> u32 {
    x.rotate_right(17) ^ x.rotate_right(19) ^ (x >> 10)
}

/// Word `i` of the message schedule, from those before it.
#[inline(always)]
pub(super) fn expand(words: &[u32; 64], i: usize) -> u32 {
    words[i - 16]
        .wrapping_add(small_sigma_0(words[i - 15]))
        .wrapping_add(words[i - 7])
        .wrapping_add(small_sigma_1(words[i - 2]))
}

/// One round; `input` is the round's constant plus its word.
#[inline(always)]
pub(super) fn round(state: &mut [u32; 8], input: u32) {
    let [a, b, c, d, e, f, g, h] = *state;
    let t1 = h
        .wrapping_add(big_sigma_1(e))
        .wrapping_add(ch(e, f, g))
        .wrapping_add(input);
    let t2 = big_sigma_0(a).wrapping_add(maj(a, b, c));
    *state = [t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g];
}

/// The state after one block of 16 words, without regard for speed.
pub(super) fn compress(state: [u32; 8], block: [u32; 16]) -> [u32; 8] {
    let mut words = [0; 64];
    words[..16].copy_from_slice(&block);
    for i in 16..64 {
        words[i] = expand(&words, i);
    }
    let mut after = state;
    for i in 0..64 {
        round(&mut after, K[i].wrapping_add(words[i]));
    }
    std::array::from_fn(|i| state[i].wrapping_add(after[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 refers to these two: "abc", and 448 bits in two blocks.
    #[test]
    fn compress_passes_the_standards_examples() {
        let mut abc = [0; 16];
        (abc[0], abc[15]) = (0x6162_6380, 24);
        let digest = [
            0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61,
            0xf20015ad,
        ];
        assert_eq!(compress(INITIAL, abc), digest);

        let text = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let mut first = [0; 16];
        for (word, bytes) in first.iter_mut().zip(text.chunks(4)) {
            *word = u32::from_be_bytes(bytes.try_into().unwrap());
        }
        first[14] = 0x8000_0000;
        let mut second = [0; 16];
        second[15] = 448;
        let digest = [
            0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039, 0xa33ce459, 0x64ff2167, 0xf6ecedd4,
            0x19db06c1,
        ];
        assert_eq!(compress(compress(INITIAL, first), second), digest);
    }
}
