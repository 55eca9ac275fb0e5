// SPDX-License-Identifier: Apache-2.0
#include "names/name.h"

#include <string>

#include <gtest/gtest.h>

namespace flowmark {

TEST(MakeName, text_is_lower_case_without_the_last_dot)
{
	const fm_name name = make_name("WWW.Example.COM.", FM_EVIDENCE_DNS);
	EXPECT_STREQ(name.text, "www.example.com");
	EXPECT_EQ(name.length, 15);
	EXPECT_EQ(name.evidence, FM_EVIDENCE_DNS);
}

TEST(MakeName, hashes_of_all_suffixes_but_the_name_itself)
{
	const fm_name name = make_name("www.example.com", FM_EVIDENCE_SNI);
	ASSERT_EQ(name.suffixes, 2);
	EXPECT_EQ(name.suffix[0], hash_name("com"));
	EXPECT_EQ(name.suffix[1], hash_name("example.com"));
	EXPECT_EQ(name.whole, hash_name("www.example.com"));
	EXPECT_NE(name.whole, name.suffix[1]);
}

TEST(MakeName, name_of_one_label_has_no_suffix)
{
	EXPECT_EQ(make_name("localhost", FM_EVIDENCE_SNI).suffixes, 0);
}

TEST(MakeName, no_more_suffixes_than_are_kept)
{
	const fm_name name = make_name("t.s.r.q.p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a", FM_EVIDENCE_SNI);
	ASSERT_EQ(name.suffixes, FM_NAME_SUFFIXES);
	EXPECT_EQ(name.suffix[0], hash_name("a"));
	EXPECT_EQ(name.suffix[15], hash_name("p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a"));
	EXPECT_EQ(name.length, 39);
}

TEST(MakeName, longest_name_is_whole)
{
	const std::string text(FM_NAME_BYTES, 'a');
	const fm_name name = make_name(text, FM_EVIDENCE_SNI);
	EXPECT_EQ(name.length, FM_NAME_BYTES);
	EXPECT_STREQ(name.text, text.c_str());
}

TEST(MakeName, what_is_no_name_has_neither_length_nor_evidence)
{
	for (const std::string &text :
	     {std::string(), std::string("."), std::string(FM_NAME_BYTES + 1, 'a'),
	      std::string("a b"), std::string("a\0b", 3), std::string("a\nb"), std::string("a\x7f"),
	      std::string("m\xc3\xbcller.example")}) {
		const fm_name name = make_name(text, FM_EVIDENCE_SNI);
		EXPECT_EQ(name.length, 0) << text;
		EXPECT_EQ(name.evidence, FM_EVIDENCE_NONE) << text;
	}
}

TEST(HashName, is_the_header_s)
{
	std::uint64_t hash = FM_NAME_HASH_START;
	hash = fm_name_hash_step(hash, 'b');
	hash = fm_name_hash_step(hash, 'a');
	EXPECT_EQ(hash_name("ab"), fm_name_hash_end(hash));
}

} // namespace flowmark
