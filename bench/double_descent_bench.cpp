// The default sweep of `sim double-descent` against a general least-squares solve per size and seed. The peer is numpy's lstsq,
// in a Python process of its own that does the same sweep when asked; where numpy is missing it is Eigen's rank-revealing
// CompleteOrthogonalDecomposition, said in the name. Both peers run on one thread. Before timing, mean log errors of both are compared on our own data.
#include "bench/bench.h"

#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "sim/double_descent/size_fit.h"

#include <Eigen/QR>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

namespace dg::bench {
namespace {

using sim::dd::Settings;

Settings sweep_of(std::int64_t n, std::int64_t sizes, int seeds) {
    Settings s;
    s.n = n;
    s.points = sim::dd::spread(n / 20, 4 * n, sizes, true, n);
    s.seeds = seeds;
    return s;
}

/// Excess risk of one size by Eigen, on the features and labels of our design.
double eigen_risk(const sim::dd::Design& design, const sim::dd::Matrix& features, std::int64_t p, double signal) {
    const std::int64_t n = design.n();
    const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> rows(features.row(0), p, n);
    Eigen::VectorXd beta(p);
    for (std::int64_t j = 0; j < p; ++j) beta[j] = design.direction(j);
    beta *= std::sqrt(signal) / beta.norm();
    const Eigen::MatrixXd x = rows.transpose();
    const Eigen::VectorXd y = x * beta + Eigen::Map<const Eigen::VectorXd>(design.noise().data(), n);
    const Eigen::VectorXd b = Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(x).solve(y);
    return (b - beta).squaredNorm();
}

void eigen_sweep(const Settings& s) {
    for (int seed = 0; seed < s.seeds; ++seed) {
        const sim::dd::Design design(s, seed, s.n);
        sim::dd::Matrix features;
        design.features(0, s.points.back(), features);
        for (const std::int64_t p : s.points) static_cast<void>(eigen_risk(design, features, p, s.signal));
    }
}

/// Largest difference of the mean log error between the nested solve and Eigen's, over every fourth size.
double log_error_difference(const Settings& s) {
    double worst = 0;
    for (std::size_t k = 0; k < s.points.size(); k += 4) {
        double difference = 0;
        for (int seed = 0; seed < s.seeds; ++seed) {
            const sim::dd::Design design(s, seed, s.n);
            sim::dd::Matrix features;
            design.features(0, s.points[k], features);
            difference += (dg::log(sim::dd::SizeFit(s, seed).at(s.points[k]).test) - dg::log(eigen_risk(design, features, s.points[k], s.signal))) / s.seeds;
        }
        worst = std::max(worst, std::abs(difference));
    }
    return worst;
}

/// A Python process that runs the same sweep with numpy.linalg.lstsq, one thread, once for every line it reads.
class Numpy {
  public:
    /// A Python that has numpy: the one on the path, else the system's; empty: none.
    static std::string interpreter() {
        for (const std::string python : {"python3", "/usr/bin/python3"}) {
            if (std::system((python + " -c 'import numpy' >/dev/null 2>&1").c_str()) == 0) return python;
        }
        return "";
    }

    static std::shared_ptr<Numpy> start(const Settings& s) {
        const std::string python = interpreter();
        if (python.empty()) return nullptr;
        std::string sizes;
        for (const std::int64_t p : s.points) sizes += fmt::format("{},", p);
        const std::string program = fmt::format(
            "import sys,numpy as np\n"
            "n,seeds,sizes={},{},[{}]\n"
            "for line in sys.stdin:\n"
            "  for s in range(seeds):\n"
            "    r=np.random.default_rng(s); X=r.standard_normal((n,sizes[-1])); g=r.standard_normal(sizes[-1]); e=0.5*r.standard_normal(n)\n"
            "    for p in sizes:\n"
            "      b=g[:p]/np.linalg.norm(g[:p]); y=X[:,:p]@b+e; w=np.linalg.lstsq(X[:,:p],y,rcond=None)[0]; d=((w-b)**2).sum()\n"
            "  open(sys.argv[1],'w').write('done\\n')\n",
            s.n, s.seeds, sizes);
        auto numpy = std::make_shared<Numpy>();
        numpy->pipe_ = fmt::format("/tmp/deepglass_numpy_{}", static_cast<const void*>(numpy.get()));
        if (std::system(("rm -f " + numpy->pipe_ + " && mkfifo " + numpy->pipe_).c_str()) != 0) return nullptr;
        numpy->input_ = popen(("OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 " + python + " -c \"" + program + "\" " + numpy->pipe_).c_str(), "w");
        return numpy->input_ ? numpy : nullptr;
    }

    ~Numpy() {
        if (input_) pclose(input_);
        std::remove(pipe_.c_str());
    }

    /// Asks for one sweep and waits for its end.
    void sweep() {
        std::fputs("go\n", input_);
        std::fflush(input_);
        std::array<char, 16> answer{};
        if (FILE* const done = std::fopen(pipe_.c_str(), "r")) {
            static_cast<void>(std::fgets(answer.data(), static_cast<int>(answer.size()), done));
            std::fclose(done);
        }
    }

  private:
    std::FILE* input_ = nullptr;
    std::string pipe_;
};

/// Our sweep on so many threads; 0 = as the program starts.
void run_nested(const Settings& settings, int count) {
    const int before = threads();
    if (count > 0) set_threads(count);
    const auto done = sim::dd::run_sweep(settings, [](double) { return true; }, [](const sim::dd::Sweep&) {});
    if (count > 0) set_threads(before);
    DG_CHECK(done.has_value());
}

void add_case(std::int64_t n, std::int64_t sizes, int seeds) {
    const Settings settings = sweep_of(n, sizes, seeds);
    const std::string name = fmt::format("double-descent/n{}-{}x{}/", n, sizes, seeds);
    if (const auto numpy = Numpy::start(settings)) {
        add(name + "reference-numpy-lstsq", 1, "sweep", [numpy] { numpy->sweep(); });
    } else {
        std::cout << name << ": numpy is not installed, the peer is Eigen's CompleteOrthogonalDecomposition\n";
        add(name + "reference-eigen-cod", 1, "sweep", [settings] { eigen_sweep(settings); });
    }
    add(name + "nested-1-thread", 1, "sweep", [settings] { run_nested(settings, 1); });
    add(name + "nested", 1, "sweep", [settings] { run_nested(settings, 0); });
}

}  // namespace

void add_double_descent() {
    const double off = log_error_difference(sweep_of(200, 60, 2));
    std::cout << fmt::format("double-descent: mean log error of the nested solve differs by at most {:.1e} from Eigen's\n", off);
    DG_CHECK(off < 1e-4);
    add_case(200, 60, 10);
    add_case(1000, 12, 2);
}

}  // namespace dg::bench
