// SPDX-License-Identifier: Apache-2.0
// A run over cases: everything loaded and checked first, then all cases in a new
// random order every round, so that what the machine does to one it does to all.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "cases.h"
#include "loaded_policy.h"
#include "quiet.h"

namespace flowmark::bench {

struct Effort {
	unsigned rounds = 15;
	std::uint32_t packets = 1000000; // of a sample
	double patience = 90;		 // seconds, as Quiet has it
};

struct Measured {
	Case which;
	std::vector<double> samples; // ns per packet, one a round
	bool cache_used = false;     // Flowmark has remembered decisions
};

class Session {
      public:
	static Result<std::unique_ptr<Session>> open(std::vector<Case> cases, const Effort &effort);

	Result<std::vector<Measured>> run();
	[[nodiscard]] unsigned disturbed() const { return quiet_.disturbed(); } // samples

      private:
	Session(std::vector<Case> cases, const Effort &effort)
		: cases_(std::move(cases)), effort_(effort),
		  quiet_([this] { return probe(); }, effort.patience)
	{}
	Result<double> probe();
	[[nodiscard]] std::uint32_t packets_of(const Case &which) const;
	Result<void> load(const Subject &subject);
	Result<void> check(const Case &which);
	Result<double> sample(const Case &which);
	Result<void> warm(const Case &which, int driver);
	Result<void> teach(const Case &which);
	[[nodiscard]] int program_fd(const Case &which) const;
	void aim(const Case &which);

	std::vector<Case> cases_;
	Effort effort_;
	std::unique_ptr<Traffic> traffic_;
	std::map<Subject, std::unique_ptr<LoadedPolicy>> policies_;
	std::map<std::uint32_t, std::unique_ptr<Floor>> floors_; // by entries of the LRU
	std::map<PolicyShape, std::vector<bench_dest>> dests_;
	Quiet quiet_;
	std::set<Subject> filled_; // storms whose table is full
	std::mt19937_64 random_{std::random_device{}()};
};

} // namespace flowmark::bench
