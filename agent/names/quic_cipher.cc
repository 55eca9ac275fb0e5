// SPDX-License-Identifier: Apache-2.0
#include "names/quic_cipher.h"

#include <algorithm>

namespace flowmark {

namespace {

constexpr std::size_t kTag = 16;
constexpr std::size_t kHashBlock = 64;
constexpr std::size_t kLongestPacket = 65536;
// Of the first byte, once header protection is gone: a packet that has them set is refused
// by every peer, so three of four forged ones end before they are decrypted.
constexpr std::uint8_t kReservedBits = 0x0c;

// RFC 9000, A.3: the number nearest to the one after `largest` that ends in these bits.
std::uint64_t full_number(std::uint64_t truncated, std::size_t width, std::uint64_t largest)
{
	const std::uint64_t window = 1ULL << (8 * width), expected = largest + 1;
	const std::uint64_t candidate = (expected & ~(window - 1)) | truncated;
	if (candidate + window / 2 <= expected && candidate < (1ULL << 62) - window)
		return candidate + window;
	if (candidate > expected + window / 2 && candidate >= window)
		return candidate - window;
	return candidate;
}

} // namespace

QuicCipher::QuicCipher()
	: sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
	  ecb_(EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr)),
	  gcm_(EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)), hash_(EVP_MD_CTX_new()),
	  mask_(EVP_CIPHER_CTX_new()), open_(EVP_CIPHER_CTX_new()), plain_(kLongestPacket)
{}

bool QuicCipher::ready() const
{
	return sha256_ && hash_ && ecb_ && gcm_ && mask_ && open_ &&
	       EVP_DigestInit_ex2(hash_.get(), sha256_.get(), nullptr) == 1 &&
	       EVP_EncryptInit_ex2(mask_.get(), ecb_.get(), nullptr, nullptr, nullptr) == 1 &&
	       EVP_CIPHER_CTX_set_padding(mask_.get(), 0) == 1 &&
	       EVP_DecryptInit_ex2(open_.get(), gcm_.get(), nullptr, nullptr, nullptr) == 1;
}

Result<QuicCipher> QuicCipher::open()
{
	QuicCipher cipher;
	if (!cipher.ready())
		return Error{"libcrypto has no SHA256, AES-128-ECB or AES-128-GCM"};
	return cipher;
}

// EVP_MAC would allocate for each key.
// REQUIRES: a key of at most one block
QuicCipher::Digest QuicCipher::hmac(std::span<const std::uint8_t> key,
				    std::span<const std::uint8_t> text)
{
	std::array<std::uint8_t, kHashBlock> block{};
	Digest digest{};
	const auto hash = [&](std::uint8_t pad, std::span<const std::uint8_t> message) {
		block.fill(pad);
		for (std::size_t i = 0; i < key.size(); i++)
			block[i] ^= key[i];
		EVP_DigestInit_ex2(hash_.get(), nullptr, nullptr);
		EVP_DigestUpdate(hash_.get(), block.data(), block.size());
		EVP_DigestUpdate(hash_.get(), message.data(), message.size());
		EVP_DigestFinal_ex(hash_.get(), digest.data(), nullptr);
	};
	hash(0x36, text);
	hash(0x5c, digest);
	return digest;
}

// HKDF-Expand-Label of RFC 8446 with an empty context, for at most one digest of output.
template <std::size_t Size>
std::array<std::uint8_t, Size> QuicCipher::expand(const Digest &secret, std::string_view label)
{
	static_assert(Size <= std::tuple_size_v<Digest>);
	constexpr std::string_view kPrefix = "tls13 ";
	std::array<std::uint8_t, 32> info{};
	std::size_t n = 0;
	info[n++] = 0;
	info[n++] = Size;
	info[n++] = static_cast<std::uint8_t>(kPrefix.size() + label.size());
	for (const std::string_view part : {kPrefix, label})
		for (const char c : part)
			info[n++] = static_cast<std::uint8_t>(c);
	info[n++] = 0; // the context's length
	info[n++] = 1; // the first block
	const Digest block = hmac(secret, std::span(info).first(n));
	std::array<std::uint8_t, Size> out{};
	std::copy_n(block.begin(), Size, out.begin());
	return out;
}

QuicKeys QuicCipher::keys_of(const QuicVersion &version, std::span<const std::uint8_t> destination)
{
	const Digest client = expand<32>(hmac(version.salt, destination), "client in");
	QuicKeys keys;
	keys.key = expand<16>(client, version.key_label);
	keys.iv = expand<12>(client, version.iv_label);
	keys.mask = expand<16>(client, version.mask_label);
	return keys;
}

std::array<std::uint8_t, 16> QuicCipher::mask_of(const QuicKeys &keys, const QuicPacket &packet)
{
	std::array<std::uint8_t, 16> mask{};
	int length = 0;
	EVP_EncryptInit_ex2(mask_.get(), nullptr, keys.mask.data(), nullptr, nullptr);
	EVP_EncryptUpdate(mask_.get(), mask.data(), &length,
			  &packet.bytes[packet.packet_number_at + 4],
			  static_cast<int>(mask.size()));
	return mask;
}

std::optional<std::span<const std::uint8_t>>
QuicCipher::unprotect(const QuicKeys &keys, const QuicPacket &packet, std::uint64_t &largest)
{
	const auto mask = mask_of(keys, packet);
	const auto first = static_cast<std::uint8_t>(packet.bytes[0] ^ (mask[0] & 0x0f));
	if (first & kReservedBits)
		return {};

	std::array<std::uint8_t, 4> number_bytes{};
	const std::size_t width = (first & 3U) + 1;
	std::uint64_t number = 0;
	for (std::size_t i = 0; i < width; i++) {
		number_bytes[i] = packet.bytes[packet.packet_number_at + i] ^ mask[i + 1];
		number = number << 8 | number_bytes[i];
	}
	number = full_number(number, width, largest);

	std::array<std::uint8_t, 12> nonce = keys.iv;
	for (std::size_t i = 0; i < 8; i++)
		nonce[11 - i] ^= static_cast<std::uint8_t>(number >> (8 * i));

	// The header is authenticated as it was before its protection: three parts.
	const auto between = packet.bytes.subspan(1, packet.packet_number_at - 1);
	const auto sealed = packet.bytes.subspan(packet.packet_number_at + width);
	const std::size_t size = sealed.size() - kTag;
	std::array<std::uint8_t, kTag> tag{};
	std::copy_n(sealed.begin() + static_cast<std::ptrdiff_t>(size), kTag, tag.begin());
	EVP_CIPHER_CTX *context = open_.get();
	int length = 0;
	const bool good = EVP_DecryptInit_ex2(context, nullptr, keys.key.data(), nonce.data(),
					      nullptr) == 1 &&
			  EVP_DecryptUpdate(context, nullptr, &length, &first, 1) == 1 &&
			  EVP_DecryptUpdate(context, nullptr, &length, between.data(),
					    static_cast<int>(between.size())) == 1 &&
			  EVP_DecryptUpdate(context, nullptr, &length, number_bytes.data(),
					    static_cast<int>(width)) == 1 &&
			  EVP_DecryptUpdate(context, plain_.data(), &length, sealed.data(),
					    static_cast<int>(size)) == 1 &&
			  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) ==
				  1 &&
			  EVP_DecryptFinal_ex(context, &plain_[size], &length) == 1;
	if (!good)
		return {};
	largest = std::max(largest, number);
	return std::span<const std::uint8_t>(plain_).first(size);
}

} // namespace flowmark
