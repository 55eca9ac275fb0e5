// SPDX-License-Identifier: Apache-2.0
#include "names/initials.h"

#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "names/quic_cipher.h"

namespace flowmark::test {

const std::string_view kRfcCryptoFrame =
	"060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
	"04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
	"616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
	"04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
	"baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
	"0d0010000e0403050306030203080408050806002d00020101001c0002400100"
	"3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
	"75300901100f088394c8f03e51570806048000ffff";

const std::string_view kRfcServerInitial =
	"cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
	"5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
	"dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
	"022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
	"2158407dd074ee";

namespace {

constexpr std::size_t kTag = 16;

void put(Bytes &to, View bytes)
{
	to.insert(to.end(), bytes.begin(), bytes.end());
}

void put_number(Bytes &to, std::uint64_t value, std::size_t width)
{
	for (std::size_t i = width; i-- > 0;)
		to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void require(bool holds, const char *what)
{
	if (!holds)
		throw std::runtime_error(what);
}

const QuicVersion &version_of(const InitialShape &shape)
{
	const QuicVersion *version = find_quic_version(shape.version);
	require(version != nullptr, "no such version");
	return *version;
}

struct Free {
	void operator()(EVP_CIPHER *cipher) const { EVP_CIPHER_free(cipher); }
	void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
};

// One context for all packets that are made: for the fuzzers to be quick.
EVP_CIPHER_CTX *context_of(const char *algorithm)
{
	struct Kept {
		std::unique_ptr<EVP_CIPHER, Free> cipher;
		std::unique_ptr<EVP_CIPHER_CTX, Free> context{EVP_CIPHER_CTX_new()};
	};
	static std::map<std::string_view, Kept> kept;
	Kept &one = kept[algorithm];
	if (!one.cipher) {
		one.cipher.reset(EVP_CIPHER_fetch(nullptr, algorithm, nullptr));
		require(EVP_EncryptInit_ex2(one.context.get(), one.cipher.get(), nullptr, nullptr,
					    nullptr) == 1,
			algorithm);
	}
	return one.context.get();
}

Bytes seal(const QuicKeys &keys, std::uint64_t number, const Bytes &header, const Bytes &plain)
{
	auto nonce = keys.iv;
	for (std::size_t i = 0; i < 8; i++)
		nonce[11 - i] ^= static_cast<std::uint8_t>(number >> (8 * i));
	EVP_CIPHER_CTX *context = context_of("AES-128-GCM");
	Bytes sealed(plain.size() + kTag);
	int length = 0;
	require(EVP_EncryptInit_ex2(context, nullptr, keys.key.data(), nonce.data(), nullptr) ==
				1 &&
			EVP_EncryptUpdate(context, nullptr, &length, header.data(),
					  static_cast<int>(header.size())) == 1 &&
			EVP_EncryptUpdate(context, sealed.data(), &length, plain.data(),
					  static_cast<int>(plain.size())) == 1 &&
			EVP_EncryptFinal_ex(context, sealed.data() + plain.size(), &length) == 1 &&
			EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTag,
					    sealed.data() + plain.size()) == 1,
		"sealing");
	return sealed;
}

std::array<std::uint8_t, 16> mask_of(const QuicKeys &keys, const std::uint8_t *sample)
{
	EVP_CIPHER_CTX *context = context_of("AES-128-ECB");
	std::array<std::uint8_t, 16> mask{};
	int length = 0;
	require(EVP_EncryptInit_ex2(context, nullptr, keys.mask.data(), nullptr, nullptr) == 1 &&
			EVP_EncryptUpdate(context, mask.data(), &length, sample, 16) == 1,
		"masking");
	return mask;
}

Bytes header_before_length(const InitialShape &shape, unsigned type, unsigned low_bits)
{
	Bytes header = {static_cast<std::uint8_t>(0xc0 | type << 4 | low_bits)};
	put_number(header, shape.version, 4);
	header.push_back(static_cast<std::uint8_t>(shape.destination.size()));
	put(header, shape.destination);
	header.push_back(static_cast<std::uint8_t>(shape.source.size()));
	put(header, shape.source);
	return header;
}

// Those of tests are few, and fuzzers make millions of packets with them.
const QuicKeys &keys_of(const QuicVersion &version, const Bytes &destination)
{
	static std::map<std::pair<const QuicVersion *, Bytes>, QuicKeys> known;
	const auto [entry, is_new] = known.try_emplace({&version, destination});
	if (is_new)
		entry->second = QuicCipher::keys_of(version, destination);
	return entry->second;
}

} // namespace

Bytes from_hex(std::string_view hex)
{
	Bytes bytes;
	for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
		bytes.push_back(static_cast<std::uint8_t>(
			std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
	return bytes;
}

Bytes joined(std::initializer_list<Bytes> parts)
{
	Bytes all;
	for (const Bytes &part : parts)
		put(all, part);
	return all;
}

Bytes slice(const Bytes &bytes, std::size_t begin, std::size_t end)
{
	const View part = View(bytes).subspan(begin, end - begin);
	return {part.begin(), part.end()};
}

Bytes extension(std::uint16_t type, View body)
{
	Bytes bytes;
	put_number(bytes, type, 2);
	put_number(bytes, body.size(), 2);
	put(bytes, body);
	return bytes;
}

Bytes server_name_body(std::string_view name)
{
	Bytes body;
	put_number(body, name.size() + 3, 2);
	body.push_back(0);
	put_number(body, name.size(), 2);
	body.insert(body.end(), name.begin(), name.end());
	return body;
}

Bytes hello_of(View extensions)
{
	Bytes body = {3, 3};
	for (std::uint8_t i = 0; i < 32; i++)
		body.push_back(i);
	put(body, from_hex("00"
			   "0006130113021303"
			   "0100"));
	put_number(body, extensions.size(), 2);
	put(body, extensions);
	Bytes hello = {1};
	put_number(hello, body.size(), 3);
	put(hello, body);
	return hello;
}

Bytes make_hello(const HelloShape &shape)
{
	const auto filler = [](std::size_t size) {
		Bytes body(size);
		for (std::size_t i = 0; i < size; i++)
			body[i] = static_cast<std::uint8_t>(0x80 | i);
		return extension(0x0033, body);
	};
	const Bytes ech = extension(0xfe0d, from_hex("0000010001ff"));
	Bytes extensions;
	if (shape.ech_before)
		put(extensions, ech);
	if (shape.before > 0)
		put(extensions, filler(shape.before));
	if (!shape.name.empty())
		put(extensions, extension(0, server_name_body(shape.name)));
	if (shape.behind > 0)
		put(extensions, filler(shape.behind));
	if (shape.ech_behind)
		put(extensions, ech);
	return hello_of(extensions);
}

Bytes varint(std::uint64_t value)
{
	Bytes bytes;
	std::size_t width = 1;
	std::uint8_t code = 0;
	while (width < 8 && value >= 1ULL << (8 * width - 2)) {
		width *= 2;
		code = static_cast<std::uint8_t>(code + 0x40);
	}
	put_number(bytes, value, width);
	bytes.front() |= code;
	return bytes;
}

Bytes crypto_frame(std::size_t offset, View bytes)
{
	Bytes frame = joined({{0x06}, varint(offset), varint(bytes.size())});
	put(frame, bytes);
	return frame;
}

Bytes crypto_part(const Bytes &hello, std::size_t begin, std::size_t end)
{
	return crypto_frame(begin, View(hello).subspan(begin, end - begin));
}

Bytes make_initial(const InitialShape &shape, View frames)
{
	const QuicVersion &version = version_of(shape);
	Bytes header = header_before_length(shape, version.initial,
					    static_cast<unsigned>(shape.number_width - 1));
	put(header, varint(shape.token.size()));
	put(header, shape.token);

	Bytes plain(frames.begin(), frames.end());
	const std::size_t around = header.size() + 2 + shape.number_width + kTag;
	plain.resize(std::max(
		{plain.size(), shape.size - std::min(shape.size, around), std::size_t{4}}));
	// Always in two bytes, as senders do that fill it in later.
	put_number(header, 0x4000 | (shape.number_width + plain.size() + kTag), 2);
	const std::size_t number_at = header.size();
	put_number(header, shape.number, shape.number_width);

	const QuicKeys &keys = keys_of(version,
				       shape.keys_of.empty() ? shape.destination : shape.keys_of);
	Bytes packet = header;
	put(packet, seal(keys, shape.number, header, plain));
	const auto mask = mask_of(keys, &packet[number_at + 4]);
	packet[0] ^= static_cast<std::uint8_t>(mask[0] & 0x0f);
	for (std::size_t i = 0; i < shape.number_width; i++)
		packet[number_at + i] ^= mask[i + 1];
	return packet;
}

Bytes make_other_packet(const InitialShape &shape, unsigned type, std::size_t size)
{
	Bytes packet = header_before_length(shape, type, 0);
	put(packet, varint(size));
	packet.resize(packet.size() + size, 0xaa);
	return packet;
}

} // namespace flowmark::test
