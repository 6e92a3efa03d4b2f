"""AEMLO Studio: the server, and in each visit the frame around every page.

`streamlit run` finds the `st.App` here, imports this file and starts the server; each
visit then runs the file as a script.
"""

from pathlib import Path

import streamlit as st

if __name__ != "__main__":
    from aemlo.ui import server

    app = st.App(__file__, middleware=server.middleware(), lifespan=server.lifespan)
else:
    st.set_page_config(
        page_title="AEMLO Studio", page_icon="assets/icon.png", layout="wide"
    )
    st.session_state["_via_app"] = True

    # Imported once the page is set up, which must come first.
    from aemlo.ui import state, strip

    PAGES = {
        "Data": [
            ("dataset", "Data set", ":material/table:"),
            ("imbalance", "Imbalance", ":material/bar_chart:"),
        ],
        "Repair": [
            ("train", "Train", ":material/model_training:"),
            ("resample", "Resample", ":material/add_chart:"),
        ],
        "Understand": [
            ("latent", "Latent space", ":material/scatter_plot:"),
            ("classify", "Classify", ":material/category:"),
        ],
        "Compare": [
            ("compare", "Compare", ":material/balance:"),
            ("runs", "Runs", ":material/history:"),
        ],
        "Help": [
            ("methods", "Methods", ":material/menu_book:"),
            ("guide", "Guide", ":material/school:"),
        ],
    }
    page = st.navigation(
        {
            group: [
                st.Page(
                    f"pages/{file}.py",
                    title=title,
                    icon=icon,
                    default=file == "dataset",
                )
                for file, title, icon in entries
                if Path(f"pages/{file}.py").exists()
            ]
            for group, entries in PAGES.items()
        },
        position="top",
    )
    strip.strip(state.workspace())
    page.run()
