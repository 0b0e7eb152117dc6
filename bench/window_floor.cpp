// The least a program of this kind does before its first picture: SDL, a window, Dear ImGui with its font, one frame of its
// demo window, the window's surface shown. Started as a process of its own by first_frame_bench.cpp.
#include <SDL.h>
#include <imgui.h>

int main(int, char**) {
    if (SDL_Init(SDL_INIT_VIDEO) != 0) return 1;
    SDL_Window* window = SDL_CreateWindow("floor", 0, 0, 1280, 720, 0);
    if (window == nullptr) return 1;
    ImGui::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(1280, 720);
    io.IniFilename = nullptr;
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    ImGui::NewFrame();
    ImGui::ShowDemoWindow();
    ImGui::Render();
    const bool drawn = ImGui::GetDrawData()->TotalVtxCount > 0;
    SDL_Surface* surface = SDL_GetWindowSurface(window);
    if (surface == nullptr) return 1;
    SDL_FillRect(surface, nullptr, 0xFFFFFFFF);
    SDL_UpdateWindowSurface(window);
    ImGui::DestroyContext();
    SDL_DestroyWindow(window);
    SDL_Quit();
    return drawn ? 0 : 1;
}
