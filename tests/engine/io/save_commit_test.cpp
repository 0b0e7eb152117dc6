#include "engine/io/save_commit.h"

#include "engine/io/hf.h"
#include "tests/engine/io/io_testing.h"

namespace dg {
namespace {

namespace fs = std::filesystem;
using testing::golden;
using testing::TempFolder;

/// A folder with the old model, and the new model's files as a save leaves them at some moment.
class KilledSave : public ::testing::Test {
  protected:
    void SetUp() override {
        old_ = load_model(golden("model/v2_softmax")).value();
        new_ = load_model(golden("model/v3_grouped")).value();
        ASSERT_TRUE(save_model(model(), old_, DType::kF32));
        ASSERT_TRUE(save_model(folder_ / "new", new_, DType::kF32));
    }

    fs::path model() const { return folder_ / "model"; }

    void stage(const char* name) const { fs::copy_file(folder_ / "new" / name, next_version(model() / name), fs::copy_options::overwrite_existing); }

    void rename(const char* name) const { fs::rename(next_version(model() / name), model() / name); }

    void mark() const { ASSERT_TRUE(write_file(model() / ".model.commit", "")); }

    std::string loaded() const {
        const Result<Model<float>> found = load_model(model());
        return found ? found->hash : found.error().plain();
    }

    std::size_t files() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry : fs::directory_iterator(model())) ++count;
        return count;
    }

    TempFolder folder_;
    Model<float> old_, new_;
};

TEST_F(KilledSave, BeforeTheCommitTheOldModelStays) {
    stage("model.safetensors");
    EXPECT_EQ(loaded(), old_.hash);
    stage("config.json");
    EXPECT_EQ(loaded(), old_.hash);
    // the next save does not mind what lies about
    ASSERT_TRUE(save_model(model(), old_, DType::kF32));
    EXPECT_EQ(loaded(), old_.hash);
    EXPECT_EQ(files(), 2U);
}

TEST_F(KilledSave, AfterTheCommitTheNewModelIsThere) {
    for (int renamed = 0; renamed <= 2; ++renamed) {
        ASSERT_TRUE(save_model(model(), old_, DType::kF32));
        stage("model.safetensors"), stage("config.json");
        mark();
        if (renamed >= 1) rename("model.safetensors");
        if (renamed >= 2) rename("config.json");
        EXPECT_EQ(loaded(), new_.hash) << renamed << " of 2 files renamed";
        EXPECT_EQ(files(), 2U) << "nothing is left over";
    }
}

TEST_F(KilledSave, TheNextSaveFinishesTheLastOneFirst) {
    stage("model.safetensors"), stage("config.json");
    mark();
    ASSERT_TRUE(save_model(model(), old_, DType::kF32));
    EXPECT_EQ(loaded(), old_.hash);
    EXPECT_EQ(files(), 2U);
}

}  // namespace
}  // namespace dg
