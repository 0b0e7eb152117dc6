#include "bench/bench.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <vector>

namespace dg::bench {
namespace {

struct Entry {
    std::string name;
    double work;
    std::string unit;
    std::vector<double> seconds;
};

std::vector<Entry>& entries() {
    static std::vector<Entry> all;
    return all;
}

/// Keeps the times of every repetition; prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& r : runs) {
            if (r.run_type != Run::RT_Iteration || r.iterations == 0) continue;
            const std::string name = r.run_name.function_name;
            for (Entry& e : entries())
                if (e.name == name) e.seconds.push_back(r.real_accumulated_time / static_cast<double>(r.iterations));
        }
    }
};

std::string case_of(const std::string& name) { return name.substr(0, name.rfind('/')); }

bool is_reference(const std::string& name) { return name.compare(name.rfind('/') + 1, 9, "reference") == 0; }

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
}

std::string rate(double work, const std::string& unit, double seconds) {
    const double r = work / seconds;
    return r >= 1e9 ? fmt::format("{:.1f} G{}/s", r / 1e9, unit) : r >= 1e4 ? fmt::format("{:.1f} k{}/s", r / 1e3, unit) : fmt::format("{:.1f} {}/s", r, unit);
}

}  // namespace

void add(const std::string& name, double work, const std::string& unit, std::function<void()> call) {
    entries().push_back({name, work, unit, {}});
    benchmark::RegisterBenchmark(name.c_str(), [call = std::move(call)](benchmark::State& state) {
        for ([[maybe_unused]] auto _ : state) call();
    })->UseRealTime()->Unit(benchmark::kMillisecond);
}

int run(const std::string& filter, int repetitions, std::ostream& out) {
    std::vector<std::string> words = {"bench", "--benchmark_repetitions=" + std::to_string(repetitions), "--benchmark_enable_random_interleaving=true",
                                      "--benchmark_min_time=0.05", "--benchmark_filter=" + (filter.empty() ? std::string(".") : filter)};
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    int argc = static_cast<int>(argv.size());
    benchmark::Initialize(&argc, argv.data());
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector);

    std::map<std::string, double> reference;
    for (const Entry& e : entries())
        if (!e.seconds.empty() && is_reference(e.name)) reference[case_of(e.name)] = median(e.seconds);
    std::map<std::string, std::pair<double, int>> logs;
    int count = 0;
    out << fmt::format("{:<52}{:>12}{:>12}{:>18}{:>14}\n", "benchmark", "median ms", "min ms", "rate", "x reference");
    for (const Entry& e : entries()) {
        if (e.seconds.empty()) continue;
        ++count;
        const double m = median(e.seconds), least = *std::min_element(e.seconds.begin(), e.seconds.end());
        const auto r = reference.find(case_of(e.name));
        const bool compared = r != reference.end() && !is_reference(e.name);
        out << fmt::format("{:<52}{:>12.4f}{:>12.4f}{:>18}{:>14}\n", e.name, m * 1e3, least * 1e3, rate(e.work, e.unit, m), compared ? fmt::format("{:.2f}", r->second / m) : "");
        if (!compared) continue;
        auto& [sum, n] = logs[e.name.substr(0, e.name.find('/')) + " · " + e.name.substr(e.name.rfind('/') + 1)];
        sum += std::log(r->second / m);
        ++n;
    }
    for (const auto& [group, mean] : logs) out << fmt::format("{:<52}{:>56.2f}  geometric mean of {}\n", group, std::exp(mean.first / mean.second), mean.second);
    return count;
}

}  // namespace dg::bench
