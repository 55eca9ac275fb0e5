// SPDX-License-Identifier: Apache-2.0
#include "metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace flowmark {

namespace {

double seconds(const timeval &time)
{
	return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds()
{
	rusage usage{};
	::getrusage(RUSAGE_SELF, &usage);
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes()
{
	std::ifstream statm("/proc/self/statm");
	double total = 0, resident = 0; // pages
	statm >> total >> resident;
	return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_fds()
{
	std::error_code error;
	const std::filesystem::directory_iterator fds("/proc/self/fd", error);
	return error ? 0 : static_cast<double>(std::distance(begin(fds), end(fds)) - 1); // its own
}

// Field 22 of proc(5)'s stat, in clock ticks since the boot. The second field,
// the command in brackets, may hold blanks and brackets itself.
double start_ticks()
{
	std::ifstream file("/proc/self/stat");
	std::string line;
	std::getline(file, line);
	std::istringstream fields(line.substr(line.rfind(')') + 1));
	std::string skipped;
	for (int field = 3; field < 22; ++field)
		fields >> skipped;
	double ticks = 0;
	fields >> ticks;
	return ticks;
}

double read_clock(clockid_t clock)
{
	timespec now{};
	::clock_gettime(clock, &now);
	return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Since 1970. Not by /proc/stat: the unit's ProcSubset=pid hides it. Once, as a clock that is
// set right later does not move the start.
double start_time_seconds()
{
	static const double start = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME) +
				    start_ticks() / static_cast<double>(::sysconf(_SC_CLK_TCK));
	return start;
}

} // namespace

ProcessStatus process_status()
{
	return {cpu_seconds(), resident_bytes(), open_fds(), start_time_seconds()};
}

} // namespace flowmark
